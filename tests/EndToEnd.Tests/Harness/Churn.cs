using System.Globalization;
using WatchPhoto.Testing;

namespace WatchPhoto.EndToEnd.Tests.Harness;

/// <summary>
/// Load: changes of all kinds to a disk, one after the other, the same for the same seed. Some photos
/// are kept: they are moved about with and without their directories, and never replaced.
/// </summary>
internal sealed class Churn : IAsyncDisposable
{
    private const int Kept = 50;

    private static readonly TimeSpan UsualPause = TimeSpan.FromMilliseconds(2);

    private readonly Disk _disk;
    private readonly TimeSpan _pause;
    private readonly Random _random;
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<string> _files = [];
    private readonly List<string> _kept = [];
    private readonly List<string> _directories = ["churn"];
    private Task _changing = Task.CompletedTask;
    private int _steps;
    private int _names;

    /// <param name="pause">Between two changes; null: a few hundred are made in a second.</param>
    public Churn(Disk disk, int seed, TimeSpan? pause = null)
    {
        (_disk, _random, _pause) = (disk, new Random(seed), pause ?? UsualPause);
        Directory.CreateDirectory(In("churn"));
        for (int i = 0; i < Kept; i++)
        {
            _kept.Add($"kept/{i}.jpg");
            _disk.AddPhoto(_kept[i], i);
        }
    }

    /// <summary>The inodes of the photos that are kept.</summary>
    public IReadOnlySet<ulong> KeptInodes()
    {
        var files = _disk.Walk();
        return _kept.Select(path => files[path].Inode).ToHashSet();
    }

    public void Start() => _changing = Task.Run(ChangeAsync);

    /// <summary>Waits until so many changes more have been made.</summary>
    public Task StepsAsync(int count)
    {
        int until = Volatile.Read(ref _steps) + count;
        return Wait.UntilAsync(
            () => Volatile.Read(ref _steps) >= until || _changing.IsFaulted, "The disk is not being changed.");
    }

    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _changing;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }

    private async Task ChangeAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            Change();
            Interlocked.Increment(ref _steps);
            await Task.Delay(_pause, CancellationToken.None);
        }
    }

    private void Change()
    {
        switch (_random.Next(20))
        {
            case < 6:
                _files.Add($"{OneOf(_directories)}/{NewName()}.jpg");
                _disk.AddPhoto(_files[^1], _random.Next(4));
                break;
            case < 8 when _files.Count > 0:
                File.AppendAllText(In(OneOf(_files)), "more");
                break;
            case < 10 when _files.Count > 0:
                // An atomic save.
                var saved = OneOf(_files);
                _disk.AddPhoto(saved + ".tmp", _random.Next(4));
                File.Move(In(saved + ".tmp"), In(saved), overwrite: true);
                break;
            case < 13 when _files.Count > 0:
                Move(_files, _random.Next(_files.Count), $"{OneOf(_directories)}/{NewName()}.jpg");
                break;
            case < 15:
                Move(_kept, _random.Next(Kept), $"{OneOf(_directories)}/{NewName()}.jpg");
                break;
            case < 17 when _files.Count > 0:
                int deleted = _random.Next(_files.Count);
                File.Delete(In(_files[deleted]));
                _files.RemoveAt(deleted);
                break;
            case 17 when _directories.Count < 12:
                _directories.Add($"{OneOf(_directories)}/{NewName()}");
                Directory.CreateDirectory(In(_directories[^1]));
                break;
            case 18 when _directories.Count > 1:
                MoveDirectory(_directories[_random.Next(1, _directories.Count)], NewName());
                break;
            case 19 when _directories.Count > 6:
                Remove(_directories[_random.Next(1, _directories.Count)]);
                break;
        }
    }

    private void Move(List<string> files, int index, string to)
    {
        File.Move(In(files[index]), In(to));
        files[index] = to;
    }

    private void MoveDirectory(string from, string to)
    {
        Directory.Move(In(from), In(to));
        foreach (var paths in new[] { _files, _kept, _directories })
        {
            for (int i = 0; i < paths.Count; i++)
            {
                if (IsIn(paths[i], from))
                    paths[i] = to + paths[i][from.Length..];
            }
        }
    }

    private void Remove(string directory)
    {
        // What is kept leaves first.
        for (int i = 0; i < Kept; i++)
        {
            if (IsIn(_kept[i], directory))
                Move(_kept, i, $"churn/{NewName()}.jpg");
        }

        Directory.Delete(In(directory), recursive: true);
        _files.RemoveAll(path => IsIn(path, directory));
        _directories.RemoveAll(path => IsIn(path, directory));
    }

    private static bool IsIn(string path, string directory) =>
        path == directory || path.StartsWith(directory + "/", StringComparison.Ordinal);

    private string NewName() => string.Create(CultureInfo.InvariantCulture, $"name {_names++}");

    private string OneOf(List<string> paths) => paths[_random.Next(paths.Count)];

    private string In(string path) => Path.Combine(_disk.Root, path);
}
