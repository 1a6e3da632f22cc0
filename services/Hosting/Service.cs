using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace WatchPhoto.Hosting;

/// <summary>Runs a service so that what keeps it from starting is a sentence for its operator, not a stack.</summary>
public static class Service
{
    /// <summary>
    /// The exit code of a process that wants to be started again by whoever looks after it (EX_TEMPFAIL of sysexits.h).
    /// </summary>
    public const int StartAgain = 75;

    private const int Failed = 1;

    // Beyond what the host gives its services.
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The arguments for a host whose configuration file is the one beside the program, unless they name another directory
    /// (<c>--contentRoot</c>): the working directory may be anybody's. It does not look out for changes of the file either, for
    /// which the runtime would watch that directory with all below, with the kernel's watches that photos need.
    /// </summary>
    public static string[] Arguments(params string[] args) =>
        [$"--contentRoot={AppContext.BaseDirectory}", .. args, "--hostBuilder:reloadConfigOnChange=false"];

    /// <returns>The exit code of the process.</returns>
    public static async Task<int> RunAsync(Func<IHost> build)
    {
        ArgumentNullException.ThrowIfNull(build);
        StandardStreams.Guard();
        PrivateFiles.Guard();
        if ((OpenFiles.Problem ?? Clock.Problem) is { } problem)
        {
            await Console.Error.WriteLineAsync(problem);
            return Failed;
        }

        try
        {
            using var host = build();
            EndWith(host);
            var stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
            try
            {
                await StartAsync(host, stopping);
                await host.WaitForShutdownAsync(CancellationToken.None);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                // Stopped while it was still starting.
            }

            return Environment.ExitCode;
        }
        catch (Exception exception) when (Sentence(exception) is { } sentence)
        {
            await Console.Error.WriteLineAsync(Printable.Text(sentence));
            return Failed;
        }
    }

    /// <summary>
    /// The process is for this host alone, and ends when it stops: also when that never comes to an end, because a disk that
    /// does not answer holds up whoever waits for it.
    /// </summary>
    public static void EndWith(IHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        var patience = host.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout + EndPatience;
        host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(() => _ = KillAsync(patience));
    }

    private static async Task KillAsync(TimeSpan patience)
    {
        await Task.Delay(patience);
        var sentence = $"Not stopped within {patience.TotalSeconds:0} s, as a disk or a server does not answer: the process is killed, and the next start goes on from there.";
        // Who reads it may hang as well.
        await Task.Run(() => Console.Error.WriteLine(sentence)).WaitAsync(TimeSpan.FromSeconds(1)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        using var process = Process.GetCurrentProcess();
        process.Kill();
    }

    /// <summary>
    /// Starts the host; what of it has started is stopped again when the rest does not, instead of failing on its own. When one
    /// of its services fails later, which stops it, <see cref="Environment.ExitCode"/> says so.
    /// </summary>
    public static async Task StartAsync(IHost host, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(host);
        // The host itself does this, too, but logs what it finds with a stack.
        host.Services.GetService<IStartupValidator>()?.Validate();
        try
        {
            var services = host.Services.GetServices<IHostedService>().OfType<BackgroundService>().ToList();
            host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(() =>
            {
                if (services.Any(service => service.ExecuteTask is { IsFaulted: true }))
                    Environment.ExitCode = Failed;
            });
            await host.StartAsync(cancellationToken);
        }
        catch
        {
            await host.StopAsync(CancellationToken.None);
            throw;
        }
    }

    /// <summary>Stops a service that cannot go on.</summary>
    /// <param name="exitCode">That of its process.</param>
    public static void End(this IHostApplicationLifetime lifetime, int exitCode = Failed)
    {
        ArgumentNullException.ThrowIfNull(lifetime);
        Environment.ExitCode = exitCode;
        lifetime.StopApplication();
    }

    /// <summary>What an operator can do something about; null: a fault of ours.</summary>
    public static string? Sentence(Exception exception) => exception switch
    {
        OptionsValidationException options => string.Join(' ', options.Failures),
        AggregateException { InnerExceptions: [OptionsValidationException, ..] } several =>
            string.Join(' ', several.InnerExceptions.Select(Sentence)),
        // The binder's own sentence names the setting; that of its inner exception only the type.
        InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" } => BinderSentence(exception.Message.Trim()),
        FormatException { Source: "Microsoft.AspNetCore.Http" } => $"{exception.Message}: Urls must be such as http://127.0.0.1:5080.",
        IOException when exception.GetBaseException() is SocketException => exception.Message,
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable or SocketError.AccessDenied } => exception.Message,
        IOperatorError => exception.Message,
        _ => null,
    };

    // Of a name that is unknown the binder tells how it was asked to look for it, the type, and at last the name.
    private static string BinderSentence(string message)
    {
        string[] parts = message.Split(": ");
        return message.StartsWith("'ErrorOnUnknownConfiguration'", StringComparison.Ordinal) && parts.Length == 2
            ? $"There is no setting {parts[1]} in the section {parts[0].Split('.')[^1].Replace("Options", "", StringComparison.Ordinal)}."
            : message;
    }
}
