using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using WatchPhoto.Bus;
using WatchPhoto.Contracts;

namespace WatchPhoto.Watcher.Publishing;

/// <summary>
/// Sends what the catalog must hold of each quiet library, behind its events and by the same way: soon after a change, and
/// now and then when nothing changes, for what may have happened to the catalog.
/// </summary>
internal sealed partial class Prover(
    WatcherStatus status, IConfirmedPublisher publisher, IOptions<WatcherOptions> options, TimeProvider time, ILogger<Prover> log)
    : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, (Proof Proof, long Sent)> _last = new();

    /// <summary>Has the library proven as soon as it is quiet, whether it has changed or not.</summary>
    public void Ask(string libraryId) => _last.TryRemove(libraryId, out _);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.ProofInterval < Look ? options.Value.ProofInterval : Look, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var library in status.Current().Libraries)
            {
                // Nothing is claimed of it now. When all is seen again, what was claimed before is proven anew.
                if (library.State is LibraryState.Degraded or LibraryState.Held or LibraryState.Offline)
                    Ask(library.LibraryId);
                else if (library.Proof is { } proof && IsDue(library.LibraryId, proof))
                    await SendAsync(library, proof, stoppingToken);
            }
        }
    }

    private bool IsDue(string libraryId, Proof proof) =>
        !_last.TryGetValue(libraryId, out var last) || last.Proof != proof
        || time.GetElapsedTime(last.Sent) >= options.Value.ProofInterval;

    private async Task SendAsync(LibraryReport library, Proof proof, CancellationToken cancellationToken)
    {
        try
        {
            var message = new FileEvents
            {
                LibraryId = library.LibraryId, Epoch = library.Epoch, Host = options.Value.Host, Events = [], Proof = proof,
            };
            await publisher.PublishAsync(message, cancellationToken);
            _last[library.LibraryId] = (proof, time.GetTimestamp());
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The next look tries again.
            LogNotSent(exception.GetBaseException().Message);
        }
    }

    [LoggerMessage(LogLevel.Debug, "A proof was not sent: {Reason}")]
    private partial void LogNotSent(string reason);
}
