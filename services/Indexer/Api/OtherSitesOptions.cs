namespace WatchPhoto.Indexer.Api;

/// <summary>Configuration section <c>Cors</c>.</summary>
internal sealed record OtherSitesOptions
{
    /// <summary>Other sites whose pages may ask, as browsers write them (<c>https://photos.example:8443</c>), parted by semicolons.</summary>
    public string Origins { get; init; } = "";
}
