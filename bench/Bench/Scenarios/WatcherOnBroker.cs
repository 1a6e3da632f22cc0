using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using WatchPhoto.Bench.Measuring;
using WatchPhoto.Bus;
using WatchPhoto.Contracts;
using WatchPhoto.Hosting;

namespace WatchPhoto.Bench.Scenarios;

/// <summary>The watcher as an operator runs it, on RabbitMQ, with one library announced to it.</summary>
internal static class WatcherOnBroker
{
    private const string Library = "bench";

    /// <returns>The watcher, once it has compared the whole tree and sent all of it.</returns>
    public static async Task<Command> StartAsync(Workshop workshop, Tree tree)
    {
        string broker = (await (await workshop.ServersAsync()).CreateVirtualHostAsync()).ConnectionString;
        string host = $"bench-{Environment.ProcessId}-{tree.Files}";
        var watcher = Start(workshop, broker, host);

        var reports = new Reports(host);
        var builder = Host.CreateApplicationBuilder(Service.Arguments());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:RabbitMq"] = broker, ["Logging:LogLevel:Default"] = "Warning",
        });
        builder.Services.AddSingleton(reports);
        builder.AddBus(bus => bus.AddConsumer<ReportsConsumer>());
        using var bench = builder.Build();
        await bench.StartAsync();
        var catalog = Guid.NewGuid();
        // Until it listens, it hears nothing; and it takes only what is its own.
        while (!reports.Done.IsCompleted)
        {
            try
            {
                await bench.Services.GetRequiredService<IConfirmedPublisher>().PublishAsync(
                    new LibrariesAnnounced
                    {
                        CatalogId = catalog,
                        Revision = 1,
                        Libraries = [new Library { Id = Library, Name = Library, Host = host, Path = tree.Root, Owner = reports.StateId }],
                    },
                    CancellationToken.None);
            }
            catch (MassTransitException)
            {
                // Nobody listens yet.
            }

            watcher.MustRun();
            await Task.WhenAny(reports.Done, Task.Delay(TimeSpan.FromSeconds(1)));
        }

        await bench.StopAsync();
        return watcher;
    }

    /// <returns>The watcher, just started: it knows of no library.</returns>
    public static Command Start(Workshop workshop, string rabbitMq, string host) =>
        Command.Start(workshop.Service("Watcher"), new Dictionary<string, string>
        {
            ["ConnectionStrings__RabbitMq"] = rabbitMq,
            ["Watcher__Host"] = host,
            ["Watcher__StateDirectory"] = workshop.NewDirectory("state"),
        });

    private sealed class Reports(string host)
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Done => _done.Task;

        public Guid? StateId { get; private set; }

        public void Take(WatcherReport report)
        {
            if (report.Host == host)
                StateId = report.StateId;
            if (report.Host == host && report is { PendingOutbox: 0, Libraries: [{ State: LibraryState.Watching }] })
                _done.TrySetResult();
        }
    }

    private sealed class ReportsConsumer(Reports reports) : IConsumer<WatcherReport>
    {
        public Task Consume(ConsumeContext<WatcherReport> context)
        {
            reports.Take(context.Message);
            return Task.CompletedTask;
        }
    }
}
