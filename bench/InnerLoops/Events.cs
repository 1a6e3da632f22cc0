using System.Text.Json;
using BenchmarkDotNet.Attributes;
using WatchPhoto.Contracts;
using WatchPhoto.Watcher.State;

namespace WatchPhoto.InnerLoops;

/// <summary>What is done for each event on its way: digest, text, and back.</summary>
[MemoryDiagnoser]
public class Events
{
    private readonly List<FileEvent> _events = [.. Enumerable.Range(0, FileEvents.MaxEvents).Select(i => Of(i, version: 1_700_000_000_000_000))];
    private byte[] _json = [];

    [GlobalSetup]
    public void Text() => _json = Serialize();

    [Benchmark(OperationsPerInvoke = FileEvents.MaxEvents)]
    public byte[] Serialize() => JsonSerializer.SerializeToUtf8Bytes(_events, StateJson.Default.IReadOnlyListFileEvent);

    [Benchmark(OperationsPerInvoke = FileEvents.MaxEvents)]
    public IReadOnlyList<FileEvent>? Deserialize() => JsonSerializer.Deserialize(_json, StateJson.Default.IReadOnlyListFileEvent);

    [Benchmark]
    public uint Digest() => RegisterDigest.Compute(_events[0].Path, _events[0].Version, _events[0].PhotoId!.Value, _events[0].File!, photo: null);

    internal static FileEvent Of(int i, long version) => new()
    {
        Kind = FileEventKind.Created,
        Version = version,
        Path = $"2024/07/album {i % 100:000000}/IMG_{i:00000}.jpg",
        PhotoId = new Guid(i, 0, 0x7000, 0x80, 0, 0, 0, 0, 0, 0, 1),
        File = new PhotoFile { Size = 4_000_000 + i, ModifiedAt = new FileTime(1_700_000_000, i), Inode = (ulong)i, BirthTime = new FileTime(1_700_000_000, i) },
    };
}
