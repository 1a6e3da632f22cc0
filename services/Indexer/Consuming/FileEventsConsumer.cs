using MassTransit;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Database;
using WatchPhoto.Indexer.Proving;

namespace WatchPhoto.Indexer.Consuming;

/// <summary>Applies what watchers say to the catalog, and judges their proofs.</summary>
internal sealed class FileEventsConsumer(FileEventsApplier applier, DatabaseConnection database, ProofJudge proofs) : IConsumer<FileEvents>
{
    public async Task Consume(ConsumeContext<FileEvents> context)
    {
        var (events, cancellationToken) = (context.Message, context.CancellationToken);
        if (await applier.ApplyAsync(events, cancellationToken) && events.Proof is not null)
            await database.AskAsync(token => proofs.JudgeAsync(events, token), cancellationToken);
    }
}
