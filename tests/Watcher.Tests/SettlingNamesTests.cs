using System.Text;
using Microsoft.Extensions.Time.Testing;
using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Tracking;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Tests;

public sealed class SettlingNamesTests
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(2);

    private readonly FakeTimeProvider _time = new();
    private readonly DirectoryNode _directory = new(
        new WatchedLibrary(
            1, new Library { Id = "library", Name = "Library", Host = "here", Path = "/photos" }), null, []) { Identity = (1, 1) };
    private readonly SettlingNames _names;

    public SettlingNamesTests() => _names = new SettlingNames(Quiet, _time);

    [Fact]
    public void A_name_is_due_when_nothing_was_heard_of_it_for_the_time()
    {
        Hear("a");
        Pass(1.5);
        Hear("b");
        Hear("a");
        Pass(1.5);
        Assert.Empty(Due());
        Pass(0.5);
        Assert.Equal(["b", "a"], Due());
        Assert.Empty(Due());
    }

    [Fact]
    public void It_tells_how_long_the_next_waits()
    {
        Hear("a");
        Pass(0.5);

        Assert.Null(_names.TakeQuiet(out var next));
        Assert.Equal(TimeSpan.FromSeconds(1.5), next);
        Pass(1.5);
        Assert.Equal(["a"], Due());
        Assert.Null(_names.TakeQuiet(out next));
        Assert.Null(next);
    }

    [Fact]
    public void A_name_that_is_looked_at_anyway_is_not_due()
    {
        Hear("a");
        Hear("b");
        _names.Forget(_directory, "a"u8);
        _names.Forget(_directory, "never heard of"u8);
        Pass(2);

        Assert.Equal(["b"], Due());
    }

    [Fact]
    public void Of_more_names_than_are_kept_the_longest_unheard_of_is_due_at_once()
    {
        for (int i = 0; i < 100_002; i++)
            Hear($"{i}");

        Assert.Equal(["0", "1"], Due());
    }

    private void Hear(string name) => _names.Heard(_directory, Encoding.UTF8.GetBytes(name));

    private void Pass(double seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));

    private List<string> Due()
    {
        var due = new List<string>();
        while (_names.TakeQuiet(out _) is { } quiet)
            due.Add(Encoding.UTF8.GetString(quiet.Name));
        return due;
    }
}
