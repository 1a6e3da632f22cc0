using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using WatchPhoto.Bus;
using WatchPhoto.Contracts;
using WatchPhoto.Hosting;
using WatchPhoto.Watcher;

namespace WatchPhoto.Bench.Roles;

/// <summary>
/// The watcher alone, its bus in memory, and one library announced to it. Says "ready" when it is watching and up to date.
/// Nobody takes its messages, so that its outbox holds all; with <c>drain</c> they are taken and thrown away.
/// A line on its input has it say how long each change took from the kernel into the state.
/// </summary>
internal static class WatcherRole
{
    public const string Name = "watcher";
    public const string Drain = "drain";
    private const string Library = "bench";

    public static string[] Command(string root, string state, params string[] options) =>
        Measuring.Workshop.Role(Name, [root, state, .. options]);

    public static async Task PlayAsync(string[] arguments)
    {
        bool drain = arguments.Contains(Drain);
        var durations = new ConcurrentQueue<double>();
        using var listener = Listen(durations);

        var builder = Host.CreateApplicationBuilder(Service.Arguments());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:RabbitMq"] = "",
            ["Watcher:Host"] = Library,
            ["Watcher:StateDirectory"] = arguments[1],
            ["Logging:LogLevel:Default"] = "Warning",
            ["Logging:Console:LogToStandardErrorThreshold"] = "Trace",
        });
        builder.AddServiceLogging();
        builder.AddBus(bus =>
        {
            bus.AddWatcherConsumers();
            if (drain)
                bus.AddConsumer<Nobody>();
        });
        builder.AddWatcher();
        using var host = builder.Build();
        await host.StartAsync();
        var status = host.Services.GetRequiredService<WatcherStatus>();
        await host.Services.GetRequiredService<IConfirmedPublisher>().PublishAsync(
            new LibrariesAnnounced
            {
                CatalogId = Guid.Empty,
                Revision = 1,
                Libraries = [new Library { Id = Library, Name = Library, Host = Library, Path = arguments[0], Owner = status.Current().StateId }],
            },
            CancellationToken.None);

        while (!IsReady(status.Current(), drain))
        {
            if (status.Current().Refused is [var refused, ..])
                throw new ArgumentException(refused.Reason, nameof(arguments));
            // A thread that sleeps costs what is measured less than a timer and a pool would.
            Thread.Sleep(2);
        }

        var report = status.Current();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"ready {report.Libraries[0].Entries} {report.Libraries[0].Directories} {report.PendingOutbox}"));

        _ = Task.Run(() =>
        {
            while (Console.ReadLine() is not null)
            {
                var taken = new List<double>();
                while (durations.TryDequeue(out double seconds))
                    taken.Add(seconds);
                Console.WriteLine("durations " + string.Join(' ', taken.Select(seconds => seconds.ToString("R", CultureInfo.InvariantCulture))));
            }
        });
        await host.WaitForShutdownAsync();
    }

    private static bool IsReady(WatcherReport report, bool drain) =>
        report.Libraries is [{ State: LibraryState.Watching, Progress: null }] && (!drain || report.PendingOutbox == 0);

    private static MeterListener Listen(ConcurrentQueue<double> durations)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == WatcherMetrics.ChangeRecorded)
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((_, seconds, _, _) => durations.Enqueue(seconds));
        listener.Start();
        return listener;
    }

    private sealed class Nobody : IConsumer<FileEvents>
    {
        public Task Consume(ConsumeContext<FileEvents> context) => Task.CompletedTask;
    }
}
