using Microsoft.Extensions.Time.Testing;
using WatchPhoto.Contracts;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Tracking;
using WatchPhoto.Watcher.Tree;

namespace WatchPhoto.Watcher.Tests;

/// <summary>What nobody tells of is compared again and again, and that may not become all that the watcher does.</summary>
public sealed class PatrolTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new();
    private readonly Agenda _agenda;
    private readonly Patrol _patrol;
    private readonly WatchedLibrary _library = new(1, new Library { Id = "l", Name = "l", Host = "h", Path = "/l" });
    private readonly DirectoryNode _root;
    private TimeSpan _worked;

    public PatrolTests()
    {
        _agenda = new Agenda(_time);
        _patrol = new Patrol(Interval, _agenda, _time);
        _root = _library.Root = new DirectoryNode(_library, null, []) { Identity = (1, 1) };
    }

    [Fact]
    public void Directories_below_others_are_compared_with_those()
    {
        var inside = Directory(Directory(_root, "2024"), "05");
        var other = Directory(_root, "other");
        _patrol.Add(inside);
        _patrol.Add(inside.Parent!);
        _patrol.Add(other);
        _time.Advance(Interval);

        Work();

        Assert.Equal(new Dictionary<DirectoryNode, bool> { [inside.Parent!] = true, [other] = true }, _agenda.Take().Directories);
    }

    [Fact]
    public void A_quarter_of_the_time_goes_into_it_at_most()
    {
        _patrol.Add(_root);
        Assert.Equal(Interval, Work());
        _time.Advance(Interval);
        Assert.Null(Work());
        Assert.Null(Work(isIdle: false));
        _time.Advance(TimeSpan.FromSeconds(20));
        _worked += TimeSpan.FromSeconds(20);
        _agenda.Take();

        // 80 s from its beginning to the next.
        Assert.Equal(TimeSpan.FromSeconds(60), Work());
        Assert.True(_agenda.IsEmpty);
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.Null(Work());
        Assert.False(_agenda.IsEmpty);

        // This time it took none.
        _agenda.Take();
        Assert.Equal(Interval, Work());
    }

    private TimeSpan? Work(bool isIdle = true) => _patrol.Work(isIdle, _worked, stays: _ => true);

    private DirectoryNode Directory(DirectoryNode parent, string name)
    {
        var node = new DirectoryNode(_library, parent, System.Text.Encoding.UTF8.GetBytes(name)) { Identity = (1, 2) };
        parent.Attach(node);
        return node;
    }
}
