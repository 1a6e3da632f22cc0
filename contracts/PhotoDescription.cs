namespace WatchPhoto.Contracts;

/// <summary>What the picture says of itself.</summary>
public sealed record PhotoDescription
{
    /// <summary>Pixels.</summary>
    public int? Width { get; init; }

    /// <summary>Pixels.</summary>
    public int? Height { get; init; }

    /// <summary>The camera's clock, ISO 8601, with an offset only where the picture has one.</summary>
    public string? TakenAt { get; init; }

    public string? CameraMake { get; init; }

    public string? CameraModel { get; init; }

    internal string? Problem() =>
        Width < 0 || Height < 0 ? "has a picture of a negative size"
        : new[] { TakenAt, CameraMake, CameraModel }.Any(text => text?.Length > MessageBounds.LongestWord)
            ? $"says more than {MessageBounds.LongestWord} characters of the camera, or of the time the picture was taken"
        : null;
}
