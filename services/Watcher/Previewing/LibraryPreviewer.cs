using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Libraries;

namespace WatchPhoto.Watcher.Previewing;

/// <summary>
/// Looks what a library would hold: one at a time, for so long at most, and on a thread of its own, for which no live event
/// waits.
/// </summary>
internal sealed class LibraryPreviewer(IDisk disk, WatchedRoots watched, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan PatienceWithAnother = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PatienceWithTheDisk = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _walking = new(1);

    public async Task<LibraryPreviewed> PreviewAsync(LibraryPreviewRequested request, CancellationToken cancellationToken)
    {
        // A message may be written by hand: it walks nothing that could not be registered.
        if ((request.Library.Problem() ?? GlobRules.Problem(request.Library)) is { } problem)
            return new LibraryPreviewed { PreviewId = request.PreviewId, Problem = problem };
        if (!await _walking.WaitAsync(PatienceWithAnother, cancellationToken))
        {
            return new LibraryPreviewed
            {
                PreviewId = request.PreviewId,
                Problem = "The watcher is busy with another preview: try again in a few seconds.",
                IsBusy = true,
            };
        }

        var limit = TimeSpan.FromSeconds(Math.Clamp(request.Seconds, 0, LibraryPreviewRequested.MostSeconds));
        var walk = new PreviewWalk(request.Library, limit, time);
        try
        {
            await Begin(walk).WaitAsync(limit + PatienceWithTheDisk, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The disk does not answer. The thread waits for it, and until then there is no other preview.
        }
        finally
        {
            walk.Stop();
        }

        return walk.Found(request.PreviewId);
    }

    public void Dispose() => _walking.Dispose();

    private Task Begin(PreviewWalk walk)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                walk.Run(disk, watched);
                Release();
                done.SetResult();
            }
            catch (Exception exception)
            {
                Release();
                done.SetException(exception);
            }
        }) { IsBackground = true, Name = "preview" }.Start();
        return done.Task;
    }

    private void Release()
    {
        try
        {
            _walking.Release();
        }
        catch (ObjectDisposedException)
        {
            // The watcher has ended while a disk did not answer.
        }
    }
}
