using System.Globalization;
using System.Text;
using Spectre.Console;
using WatchPhoto.Contracts;
using WatchPhoto.Hosting;
using WatchPhoto.Watcher;

namespace WatchPhoto.Standalone;

/// <summary>What a person sees: the comparison with the disk as it goes on, then each change as it arrives in the catalog.</summary>
internal sealed class Screen
{
    private static readonly TimeSpan TerminalInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(1);
    // Writing each by itself took longer than reading what it tells of.
    private const int LinesAtOnce = 100;

    private readonly WatcherStatus _status;
    private readonly ChangeFeed _feed;
    private readonly IAnsiConsole _console;
    private readonly bool _isTerminal;

    public Screen(WatcherStatus status, ChangeFeed feed)
    {
        (_status, _feed) = (status, feed);
        _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new WideOutput(new AnsiConsoleOutput(Console.Out)) });
        _isTerminal = _console.Profile.Capabilities.Interactive && !Console.IsOutputRedirected;
    }

    public async Task ShowAsync(IReadOnlyList<Library> libraries, string address, CancellationToken stopping)
    {
        foreach (var library in libraries)
            Say($"{library.Id}: {library.Path}");
        Say($"API: {address}/api/libraries (described at {address}/openapi/v1.json)");

        // Of a library that the catalog holds nothing of, everything would be a change.
        foreach (var library in libraries.Where(library => library.HighestVersion > 0))
            _feed.Show(library.Id);
        await ShowScanAsync([.. libraries.Select(library => library.Id)], stopping);
        foreach (var library in libraries)
            _feed.Show(library.Id);

        var report = _status.Current();
        Say(string.Create(CultureInfo.InvariantCulture,
            $"{report.Libraries.Sum(library => library.Entries):N0} files in the catalog, {report.Libraries.Sum(library => library.Directories):N0} directories watched; Ctrl-C stops."));
        await Task.WhenAll(ShowChangesAsync(stopping), ShowTroubleAsync(stopping));
    }

    private async Task ShowScanAsync(IReadOnlyList<string> libraries, CancellationToken stopping)
    {
        if (!_isTerminal)
        {
            await FollowScanAsync(libraries, scan => Say(scan.ToString()), PlainInterval, stopping);
            return;
        }

        await _console.Progress()
            .AutoClear(true)
            .Columns(new SpinnerColumn(), new ProgressBarColumn(), new TaskDescriptionColumn())
            .StartAsync(async context =>
            {
                var task = context.AddTask("looking at the disk");
                await FollowScanAsync(libraries, scan =>
                {
                    task.Description = Markup.Escape(scan.ToString());
                    task.MaxValue = Math.Max(1, scan.Expected);
                    task.Value = scan.Files;
                }, TerminalInterval, stopping);
            });
    }

    private async Task FollowScanAsync(
        IReadOnlyList<string> libraries, Action<ScanSum> show, TimeSpan interval, CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(TerminalInterval);
        var shown = default(ScanSum);
        for (long said = Environment.TickCount64; ; await timer.WaitForNextTickAsync(stopping))
        {
            var report = _status.Current();
            var scan = ScanSum.Of(report);
            bool isOver = libraries.All(id => report.Libraries.Any(each => each.LibraryId == id && each.State != LibraryState.Scanning)
                || report.Refused.Any(refused => refused.LibraryId == id));
            if (isOver && report.PendingOutbox == 0)
                return;
            if (scan == shown || Environment.TickCount64 - said < interval.TotalMilliseconds)
                continue;
            (shown, said) = (scan, Environment.TickCount64);
            show(scan);
        }
    }

    private async Task ShowChangesAsync(CancellationToken stopping)
    {
        var lines = new List<string>();
        await foreach (var change in _feed.Changes.ReadAllAsync(stopping))
        {
            var (kind, style) = change.Kind switch
            {
                FileEventKind.Created => ("+ created", "green"),
                FileEventKind.Changed => ("~ changed", "yellow"),
                FileEventKind.Moved => ("> moved", "blue"),
                FileEventKind.Deleted => ("- deleted", "red"),
                _ => ("- directory removed", "red"),
            };
            string path = change.OldPath is { } oldPath
                ? $"{oldPath} -> {change.Path}"
                : change.Path;
            lines.Add(Line($"{kind} {path}", style));
            if (_feed.Changes.Count > 0 && lines.Count < LinesAtOnce)
                continue;
            Write(string.Join(Environment.NewLine, lines));
            lines.Clear();
            if (_feed.Changes.Count == 0 && _feed.TakeMissed() is > 0 and var missed)
                Say($"... and {missed} changes more, faster than they can be shown");
        }
    }

    // A library that is in trouble, or out of it, is a line, too.
    private async Task ShowTroubleAsync(CancellationToken stopping)
    {
        var said = new Dictionary<string, string?>();
        using var timer = new PeriodicTimer(PlainInterval);
        do
        {
            var report = _status.Current();
            foreach (var refused in report.Refused)
                SayOnce(refused.LibraryId, refused.Reason);
            foreach (var library in report.Libraries.Where(library => library.State != LibraryState.Scanning))
            {
                SayOnce(library.LibraryId, library.State is LibraryState.Watching or LibraryState.Polling
                    ? null
                    : $"{library.State.ToString().ToLowerInvariant()}: {library.Reason}");
            }
        }
        while (await timer.WaitForNextTickAsync(stopping));

        void SayOnce(string libraryId, string? trouble)
        {
            if (said.GetValueOrDefault(libraryId) == trouble)
                return;
            said[libraryId] = trouble;
            Say($"! {libraryId} {trouble ?? "is watched again"}", "red");
        }
    }

    private void Say(string text, string? style = null) => Write(Line(text, style));

    // Names may hold what a terminal would obey.
    private string Line(string text, string? style)
    {
        text = Printable.Text(text);
        return !_isTerminal ? text : style is null ? Markup.Escape(text) : $"[{style}]{Markup.Escape(text)}[/]";
    }

    private void Write(string lines)
    {
        if (_isTerminal)
            _console.MarkupLine(lines);
        else
            Console.Out.WriteLine(lines);
    }

    /// <summary>
    /// A terminal of a column or two is taken for a wider one, and breaks the lines itself: for those, what shows progress counts
    /// its columns for ever (Spectre.Console 0.57).
    /// </summary>
    private sealed class WideOutput(IAnsiConsoleOutput output) : IAnsiConsoleOutput
    {
        private const int Narrowest = 20;

        public TextWriter Writer => output.Writer;

        public bool IsTerminal => output.IsTerminal;

        public int Width => Math.Max(Narrowest, output.Width);

        public int Height => output.Height;

        public void SetEncoding(Encoding encoding) => output.SetEncoding(encoding);
    }

    private readonly record struct ScanSum(long Files, long Expected, long FilesPerSecond, long Pending)
    {
        public static ScanSum Of(WatcherReport report)
        {
            var scans = report.Libraries.Select(library => library.Progress).OfType<ScanProgress>().ToList();
            return new(
                scans.Sum(scan => scan.Files), scans.Sum(scan => scan.Expected),
                (long)scans.Sum(scan => scan.FilesPerSecond), report.PendingOutbox);
        }

        public override string ToString() => Files == 0 && Expected == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{Pending:N0} messages on their way to the catalog")
            : string.Create(CultureInfo.InvariantCulture,
                $"{Files:N0} files looked at, {FilesPerSecond:N0} files/s, about {Math.Max(0, Expected - Files):N0} remaining");
    }
}
