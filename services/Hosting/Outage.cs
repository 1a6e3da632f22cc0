namespace WatchPhoto.Hosting;

/// <summary>
/// Something that is out of reach, which many may find at once: that it is so is said once, and once that it is over. Only where
/// what was said first was that somebody gave up waiting, the first reason that says more is said as well.
/// </summary>
public sealed class Outage
{
    private enum Said
    {
        Nothing,
        SomebodyGaveUp,
        Reason,
    }

    private readonly Lock _lock = new();
    private Said _said;

    /// <summary>What an operator is told of a failure: the innermost message.</summary>
    public static string ReasonOf(Exception? exception) => exception?.GetBaseException() switch
    {
        null => "no reason given",
        OperationCanceledException => "no answer in time",
        var innermost => innermost.Message,
    };

    /// <returns>Whether it is to be said that this failed.</returns>
    public bool TryBegin(Exception? exception)
    {
        var said = exception?.GetBaseException() is OperationCanceledException ? Said.SomebodyGaveUp : Said.Reason;
        lock (_lock)
        {
            if (said <= _said)
                return false;
            _said = said;
            return true;
        }
    }

    /// <returns>Whether it is to be said that this is over.</returns>
    public bool TryEnd()
    {
        lock (_lock)
        {
            bool isOver = _said != Said.Nothing;
            _said = Said.Nothing;
            return isOver;
        }
    }
}
