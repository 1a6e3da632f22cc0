using System.Collections.Concurrent;

namespace WatchPhoto.Indexer.Registry;

/// <summary>Says once of each library why it was left out, and again when the reason is another one.</summary>
internal sealed partial class RegistryProblems(ILogger<RegistryProblems> logger)
{
    private readonly ConcurrentDictionary<string, string> _saidOf = new();

    public void Say(string libraryId, string problem)
    {
        if (_saidOf.TryGetValue(libraryId, out string? said) && said == problem)
            return;
        _saidOf[libraryId] = problem;
        LogLeftOut(libraryId, problem);
    }

    [LoggerMessage(LogLevel.Warning, "The library {Library} is not announced, and nothing of it removed: {Problem}")]
    private partial void LogLeftOut(string library, string problem);
}
