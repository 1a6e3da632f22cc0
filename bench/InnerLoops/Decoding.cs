using System.Buffers.Binary;
using System.Text;
using BenchmarkDotNet.Attributes;
using WatchPhoto.Watcher.Kernel;
using WatchPhoto.Watcher.Libraries;

namespace WatchPhoto.InnerLoops;

/// <summary>What is done for each event of the kernel, and for each name that is met.</summary>
[MemoryDiagnoser]
public class Decoding
{
    private const int Events = 1000;

    private readonly LibraryFilter _filter = new(include: null, exclude: null);
    private readonly LibraryFilter _paths = new(include: ["20*/**/*.jpg"], exclude: ["Raw/**", "20*/tmp/*.jpg"]);
    private readonly LibraryFilter _braces = new(include: ["*.{jpg,png,heic}", "IMG_*_*.{tif,tiff}"], exclude: null);
    private byte[] _read = [];

    [GlobalSetup]
    public void Read()
    {
        using var read = new MemoryStream();
        Span<byte> head = stackalloc byte[16];
        for (int i = 0; i < Events; i++)
        {
            var name = Encoding.UTF8.GetBytes($"IMG_{i:00000}.jpg");
            int padded = (name.Length / 16 + 1) * 16;
            BinaryPrimitives.WriteInt32LittleEndian(head, i);
            BinaryPrimitives.WriteUInt32LittleEndian(head[4..], (uint)WatchMask.CloseWrite);
            BinaryPrimitives.WriteInt32LittleEndian(head[12..], padded);
            read.Write(head);
            read.Write(name);
            read.Write(new byte[padded - name.Length]);
        }

        _read = read.ToArray();
    }

    [Benchmark(OperationsPerInvoke = Events)]
    public int Event()
    {
        int length = 0;
        var events = new InotifyEvents(_read);
        while (events.MoveNext())
            length += events.Name.Length;
        return length;
    }

    [Benchmark]
    public bool FilterFile() => _filter.IncludesFile("2024/07/"u8, "IMG_00017.jpg"u8);

    [Benchmark]
    public bool FilterDirectory() => _filter.IncludesDirectory("2024/"u8, "07"u8);

    [Benchmark]
    public bool FilterFileByPath() => _paths.IncludesFile("2024/07/"u8, "IMG_00017.jpg"u8);

    [Benchmark]
    public bool FilterDirectoryByPath() => _paths.IncludesDirectory("2024/"u8, "07"u8);

    [Benchmark]
    public bool FilterFileByBraces() => _braces.IncludesFile("2024/07/"u8, "IMG_00017.jpg"u8);

    [Benchmark]
    public bool FilterFileByStars() => _braces.IncludesFile("2024/07/"u8, "IMG_0001_7.tiff"u8);
}
