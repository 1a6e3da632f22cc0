using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using WatchPhoto.Hosting;
using WatchPhoto.Watcher.State;

namespace WatchPhoto.Watcher;

/// <summary>
/// Ends a watcher that cannot go on: going on blindly would be wrong, and when it is started again it compares everything.
/// </summary>
internal sealed partial class WatcherEnd(StateDirectory directory, IHostApplicationLifetime lifetime, ILogger<WatcherEnd> log)
{
    public void Because(Exception exception)
    {
        if (Service.Sentence(exception) is { } sentence)
            LogEnds(sentence);
        else
            LogFailed(exception);
        try
        {
            if (exception is StateException { IsCorrupt: true })
                directory.Suspect();
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            LogNotSuspected(refused.Message);
        }

        lifetime.End();
    }

    [LoggerMessage(LogLevel.Critical, "The watcher ends: {Reason}")]
    private partial void LogEnds(string reason);

    [LoggerMessage(LogLevel.Error, "The state database is damaged, and that cannot be noted beside it ({Reason}): the next start may have to find it again")]
    private partial void LogNotSuspected(string reason);

    [LoggerMessage(LogLevel.Critical, "The watcher cannot go on, and ends")]
    private partial void LogFailed(Exception exception);
}
