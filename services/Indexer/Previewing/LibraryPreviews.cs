using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Registry;
using WatchPhoto.Indexer.Requests;

namespace WatchPhoto.Indexer.Previewing;

/// <summary>Has a host's watcher look what a library would hold: an indexer sees no disk.</summary>
internal sealed class LibraryPreviews(
    WatcherRequests requests, LibraryRegistrations registrations, IWatcherReports reports, IOptions<IndexerOptions> options)
{
    // Beside the time it may look: another preview may be before this one, and messages take a while.
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<Guid, TaskCompletionSource<LibraryPreviewed>> _awaited = new();

    /// <exception cref="RefusedRegistrationException">Such a library would not be registered.</exception>
    /// <exception cref="RefusedRequestException">Nobody can tell.</exception>
    public async Task<LibraryPreview> PreviewAsync(LibraryDefinition definition, CancellationToken cancellationToken)
    {
        var library = await registrations.DraftAsync(definition, cancellationToken);
        var watcher = (await reports.ReadAsync(cancellationToken)).FirstOrDefault(report => report.Host == library.Host)
            ?? throw new RefusedRequestException(
                StatusCodes.Status503ServiceUnavailable, $"No watcher calls itself '{library.Host}': start one there, or name one that GET /api/watchers lists.");
        var answer = await AskAsync(
            new LibraryPreviewRequested
            {
                PreviewId = Guid.NewGuid(), StateId = watcher.StateId, Library = library, Seconds = options.Value.PreviewTime.TotalSeconds,
            }, cancellationToken);
        return answer.Problem is null
            ? new LibraryPreview(answer.Files, answer.IsComplete, answer.Reason, answer.DirectoriesLeftOut, answer.Paths)
            : throw new RefusedRequestException(
                answer.IsBusy ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status422UnprocessableEntity, answer.Problem);
    }

    /// <summary>Takes an answer, if it is to a question of this process.</summary>
    public void Take(LibraryPreviewed answer)
    {
        if (_awaited.TryGetValue(answer.PreviewId, out var awaited))
            awaited.TrySetResult(answer);
    }

    private async Task<LibraryPreviewed> AskAsync(LibraryPreviewRequested request, CancellationToken cancellationToken)
    {
        var awaited = new TaskCompletionSource<LibraryPreviewed>(TaskCreationOptions.RunContinuationsAsynchronously);
        _awaited[request.PreviewId] = awaited;
        try
        {
            await requests.SendAsync(request, cancellationToken);
            return await awaited.Task.WaitAsync(options.Value.PreviewTime + AnswerPatience, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new RefusedRequestException(
                StatusCodes.Status504GatewayTimeout, $"The watcher of '{request.Library.Host}' does not answer: see that it runs (GET /api/watchers), and try again.");
        }
        finally
        {
            _awaited.TryRemove(request.PreviewId, out _);
        }
    }
}
