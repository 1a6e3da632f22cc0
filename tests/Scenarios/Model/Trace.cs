using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using WatchPhoto.Contracts;

namespace WatchPhoto.Scenarios.Tests.Model;

/// <summary>
/// What the watcher does in a history, in a form that is the same in every run: each event that it enqueues, photo ids and versions
/// by their first appearance; and each call that it makes of the disk.
/// </summary>
internal sealed class Trace : IDisposable
{
    private readonly IncrementalHash _events = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash _calls = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Dictionary<Guid, int> _photos = [];
    private readonly Dictionary<long, int> _versions = [];
    private readonly StreamWriter? _file;

    /// <param name="file">Where to write all of it, for a person to compare; null: nowhere.</param>
    public Trace(string? file = null)
    {
        if (file is not null)
            _file = new StreamWriter(file);
    }

    public void Event(string library, FileEvent one)
    {
        string file = one.File is { } facts
            ? string.Create(CultureInfo.InvariantCulture, $"{facts.Size} {facts.ModifiedAt} {facts.BirthTime} {facts.Inode}")
            : "";
        Add(_events, string.Create(
            CultureInfo.InvariantCulture,
            $"{library} {one.Kind} {Rank(_versions, one.Version)} '{one.OldPath}' '{one.Path}' "
                + $"{(one.PhotoId is { } id ? Rank(_photos, id) : "")} {file}"));
    }

    public void Call(string call) => Add(_calls, call);

    /// <summary>The digests of the events and of the calls, as hexadecimal digits.</summary>
    public override string ToString() => $"{Digest(_events)} {Digest(_calls)}";

    public void Dispose()
    {
        _events.Dispose();
        _calls.Dispose();
        _file?.Dispose();
    }

    private static int Rank<TKey>(Dictionary<TKey, int> seen, TKey key)
        where TKey : notnull
    {
        if (!seen.TryGetValue(key, out int rank))
            seen.Add(key, rank = seen.Count + 1);
        return rank;
    }

    private static string Digest(IncrementalHash hash) => Convert.ToHexStringLower(hash.GetCurrentHash())[..16];

    private void Add(IncrementalHash hash, string line)
    {
        hash.AppendData(Encoding.UTF8.GetBytes(line + "\n"));
        _file?.WriteLine(line);
    }
}
