using WatchPhoto.Hosting;

namespace WatchPhoto.Indexer.Registry;

/// <summary>A registration that cannot be: the message is a sentence with the reason and what would help.</summary>
public sealed class RefusedRegistrationException(RefusalKind kind, string message) : Exception(message), IOperatorError
{
    public RefusalKind Kind { get; } = kind;
}
