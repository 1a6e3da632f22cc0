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
    private readonly Patrol _patrol;
    private readonly WatchedLibrary _library = new(1, new Library { Id = "l", Name = "l", Host = "h", Path = "/l" });
    private readonly DirectoryNode _root;
    private IReadOnlyList<DirectoryNode> _compared = [];
    private TimeSpan? _worked;

    public PatrolTests()
    {
        _patrol = new Patrol(Interval, _time, stays: _ => true, directories =>
        {
            _compared = directories;
            return () => _worked;
        });
        _root = _library.Root = new DirectoryNode(_library, null, []) { Identity = (1, 1) };
    }

    [Fact]
    public void Directories_below_others_are_compared_with_those_unless_these_cannot_be_read()
    {
        var inside = Directory(Directory(_root, "2024"), "05");
        var other = Directory(_root, "other");
        _patrol.Add(inside);
        _patrol.Add(inside.Parent!);
        _patrol.Add(other);
        _time.Advance(Interval);
        _patrol.Work();
        Assert.Equal([inside.Parent!, other], _compared.OrderBy(directory => directory.Name[0]));

        inside.Parent!.IsOpaque = true;
        _worked = TimeSpan.Zero;
        _time.Advance(Interval);
        _patrol.Work();
        Assert.Equal(3, _compared.Count);
    }

    [Fact]
    public void A_quarter_of_the_time_goes_into_it_at_most()
    {
        _patrol.Add(_root);
        Assert.Equal(Interval, _patrol.Work());
        _time.Advance(Interval);
        Assert.Null(_patrol.Work());
        Assert.Equal([_root], _compared);

        // It takes 20 s of work, while others work, too.
        _compared = [];
        _time.Advance(TimeSpan.FromSeconds(50));
        Assert.Null(_patrol.Work());
        _worked = TimeSpan.FromSeconds(20);
        Assert.Equal(TimeSpan.FromSeconds(80 - 50), _patrol.Work());
        Assert.Empty(_compared);
        _time.Advance(TimeSpan.FromSeconds(30));
        _worked = null;
        Assert.Null(_patrol.Work());
        Assert.Equal([_root], _compared);

        // This time it took none.
        _worked = TimeSpan.Zero;
        Assert.Equal(Interval, _patrol.Work());
    }

    private DirectoryNode Directory(DirectoryNode parent, string name)
    {
        var node = new DirectoryNode(_library, parent, System.Text.Encoding.UTF8.GetBytes(name)) { Identity = (1, 2) };
        parent.Attach(node);
        return node;
    }
}
