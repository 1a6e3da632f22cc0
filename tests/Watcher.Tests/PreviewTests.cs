using Mono.Unix.Native;
using WatchPhoto.Contracts;
using WatchPhoto.Testing;
using WatchPhoto.Watcher.Disk;
using WatchPhoto.Watcher.Kernel;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Previewing;

namespace WatchPhoto.Watcher.Tests;

/// <summary>What a library would hold, on a real directory.</summary>
public sealed class PreviewTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("watchphoto-preview-").FullName;
    private readonly Inotify _inotify = new();
    private readonly LibraryPreviewer _previewer;

    public PreviewTests() =>
        _previewer = new LibraryPreviewer(new KernelDisk(_inotify), new WatchedRoots(new WatcherOptions()), TimeProvider.System);

    public void Dispose()
    {
        _previewer.Dispose();
        _inotify.Dispose();
        Shell.Run("chmod -R u+rwx . && rm -rf " + _root, _root);
    }

    [Fact]
    public async Task Files_are_counted_as_a_scan_would_find_them_and_the_first_told_in_the_order_of_their_paths()
    {
        Shell.Run(
            """
            mkdir -p a/x Raw/y d/Raw .hidden
            touch a.jpg a/1.jpg a/x/2.JPG a0.jpg Raw/y/3.jpg d/Raw/4.jpg .hidden/5.jpg readme.txt $'caf\xe9.jpg'
            ln -s ../a d/link; ln -s a.jpg link.jpg; mkfifo pipe.jpg
            mkdir z; for i in $(seq 30); do touch z/$i.jpg; done
            """, _root);
        var preview = await PreviewAsync(exclude: [".*", "Raw/**"]);
        Assert.Null(preview.Problem);
        Assert.Equal((36, 2, true), (preview.Files, preview.DirectoriesLeftOut, preview.IsComplete));
        Assert.Equal(
            ["a.jpg", "a/1.jpg", "a/x/2.JPG", "a0.jpg", "/caf%E9.jpg", "d/Raw/4.jpg", "z/1.jpg", "z/10.jpg", "z/11.jpg"],
            preview.Paths.Take(9));
        Assert.Equal(LibraryPreviewed.MaxPaths, preview.Paths.Count);
    }

    [Fact]
    public async Task What_is_not_a_directory_that_can_be_read_is_said_in_a_sentence()
    {
        Shell.Run("touch file; ln -s loop loop", _root);
        Assert.Contains("is not there", (await PreviewAsync(path: "nowhere")).Problem, StringComparison.Ordinal);
        Assert.Contains("is not a directory", (await PreviewAsync(path: "file")).Problem, StringComparison.Ordinal);
        Assert.Contains("symbolic links", (await PreviewAsync(path: "loop")).Problem, StringComparison.Ordinal);
        Assert.Contains("'..' component", (await PreviewAsync(path: "a/../b")).Problem, StringComparison.Ordinal);
        Assert.Contains("bracket", (await PreviewAsync(exclude: ["["])).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Directories_that_cannot_be_read_are_told_with_what_was_found()
    {
        Shell.Run("mkdir open shut; touch open/a.jpg shut/b.jpg", _root);
        using var previewer = new LibraryPreviewer(
            new Faulty(new KernelDisk(_inotify), "shut"u8.ToArray()), new WatchedRoots(new WatcherOptions()), TimeProvider.System);
        var preview = await previewer.PreviewAsync(Request(), TestContext.Current.CancellationToken);
        Assert.Equal((1, false), (preview.Files, preview.IsComplete));
        Assert.Contains("cannot be read: 1, the first of them shut/ (Permission denied)", preview.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_its_time_is_up_a_preview_says_so()
    {
        Shell.Run("touch a.jpg", _root);
        var preview = await _previewer.PreviewAsync(Request() with { Seconds = 0 }, TestContext.Current.CancellationToken);
        Assert.False(preview.IsComplete);
        Assert.Contains("at least 0 files", preview.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disk_that_does_not_answer_keeps_one_preview_and_the_next_is_told()
    {
        using var answers = new ManualResetEventSlim();
        using var previewer = new LibraryPreviewer(
            new Faulty(new KernelDisk(_inotify), [], answers), new WatchedRoots(new WatcherOptions()), TimeProvider.System);
        var request = Request() with { Seconds = 0.1 };
        var first = await previewer.PreviewAsync(request, TestContext.Current.CancellationToken);
        Assert.False(first.IsComplete);
        Assert.True((await previewer.PreviewAsync(request, TestContext.Current.CancellationToken)).IsBusy);

        answers.Set();
        Assert.Null((await previewer.PreviewAsync(request with { Seconds = 10 }, TestContext.Current.CancellationToken)).Problem);
    }

    private Task<LibraryPreviewed> PreviewAsync(string path = "", IReadOnlyList<string>? exclude = null) =>
        _previewer.PreviewAsync(Request(path, exclude), TestContext.Current.CancellationToken);

    private LibraryPreviewRequested Request(string path = "", IReadOnlyList<string>? exclude = null) => new()
    {
        PreviewId = Guid.NewGuid(),
        StateId = Guid.NewGuid(),
        Seconds = 10,
        Library =
            new Library { Id = "x", Name = "x", Host = "here", Path = path.Length == 0 ? _root : _root + "/" + path, Exclude = exclude },
    };

    // A directory may not be opened; or the disk keeps who opens it waiting.
    private sealed class Faulty(
        IDisk disk, byte[] shut, ManualResetEventSlim? answers = null) : DiskBetween(disk, root => new Opened(root, shut))
    {
        public override Errno OpenRoot(ReadOnlySpan<byte> path, out IDirectory? directory)
        {
            answers?.Wait();
            return base.OpenRoot(path, out directory);
        }

        private sealed class Opened(IDirectory directory, byte[] shut) : DirectoryBetween(directory)
        {
            public override Errno Open(ReadOnlySpan<byte> path, out IDirectory? below)
            {
                below = null;
                return path.SequenceEqual(shut) ? Errno.EACCES : base.Open(path, out below);
            }

            protected override IDirectory Between(IDirectory below, ReadOnlySpan<byte> path) => below;
        }
    }
}
