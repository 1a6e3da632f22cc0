using System.ComponentModel;

namespace WatchPhoto.Indexer.Previewing;

/// <summary>What a library would hold.</summary>
internal sealed record LibraryPreview(
    [property: Description("Files of interest; where the preview is not complete, at least so many.")] long Files,
    [property: Description("Whether everything was looked at.")] bool IsComplete,
    [property: Description("Why not everything was.")] string? Reason,
    [property: Description("Directories that are left out, those below them not counted.")] long DirectoriesLeftOut,
    [property: Description("The first twenty files, in the order of their paths' UTF-8 bytes.")] IReadOnlyList<string> Paths);
