namespace WatchPhoto.Indexer.Requests;

/// <summary>A request that cannot be answered, with the reason as its message.</summary>
internal sealed class RefusedRequestException(int status, string message) : Exception(message)
{
    public int Status { get; } = status;
}
