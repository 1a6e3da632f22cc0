using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;
using MongoDB.Bson;
using WatchPhoto.Indexer.Catalog;

namespace WatchPhoto.Indexer.Mongo;

/// <summary>
/// What a path is in a collection's <c>_id</c>: the library, a slash and the path, so that a library, a subtree and the order
/// of paths are ranges of the one index that every collection has.
/// <para>
/// MongoDB itself takes an <c>_id</c> of any length, servers that are compatible to it may not (DocumentDB: 2,704 bytes). The
/// key of a long path is cut and ends in the highest character there is and a hash: it still sorts among all others where
/// its path does, except among those that are cut to the same beginning, a <em>group</em>.
/// </para>
/// </summary>
internal static class MongoKey
{
    // Anything that is longer than this has a longer key, too: a cut key never meets one that is not.
    private const int Whole = 2000;

    private const string Cut = "\U0010FFFF";

    // Behind all hashes, which are hexadecimal digits.
    private const string GroupEnd = Cut + "g";

    public static string Of(string libraryId, string path)
    {
        string key = Root(libraryId) + path;
        return Beginning(key) is { } beginning
            ? beginning + Cut + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))
            : key;
    }

    /// <summary>The group that a key belongs to; null: its path is short.</summary>
    public static string? GroupOf(string key)
    {
        int cut = key.LastIndexOf(Cut, StringComparison.Ordinal);
        return cut >= 0 && Encoding.UTF8.GetByteCount(key) > Whole ? key[..cut] : null;
    }

    public static BsonDocument InGroup(string group) =>
        new("_id", new BsonDocument { { "$gte", group + Cut }, { "$lt", group + GroupEnd } });

    public static BsonDocument BehindGroup(string libraryId, string group, PathRange range) =>
        new("_id", new BsonDocument { { "$gte", group + GroupEnd } }.AddRange(KeysUpTo(libraryId, range)));

    /// <summary>The documents of these paths.</summary>
    /// <param name="field">The field that holds the path.</param>
    public static BsonDocument In(string libraryId, PathRange range, string field)
    {
        string from = Root(libraryId) + range.From;
        var keys = Beginning(from) is { } beginning
            ? new BsonDocument("$gte", beginning + Cut)
            : new BsonDocument(range.IsAfter ? "$gt" : "$gte", from);
        return new BsonDocument("_id", keys.AddRange(KeysUpTo(libraryId, range))).AddRange(Paths(libraryId, range, field));
    }

    /// <summary>What the paths of a group must be as well, because its keys do not tell.</summary>
    public static BsonDocument Paths(string libraryId, PathRange range, string field)
    {
        var paths = new BsonDocument();
        if (Beginning(Root(libraryId) + range.From) is not null)
            paths.Add(range.IsAfter ? "$gt" : "$gte", range.From);
        if (range.End is { } end && Beginning(Root(libraryId) + end) is not null)
            paths.Add("$lt", end);
        return paths.ElementCount == 0 ? [] : new BsonDocument(field, paths);
    }

    private static BsonDocument KeysUpTo(string libraryId, PathRange range)
    {
        if (range.End is null)
            return new("$lt", libraryId + "0"); // '0' follows '/'
        string end = Root(libraryId) + range.End;
        return new("$lt", Beginning(end) is { } beginning ? beginning + GroupEnd : end);
    }

    private static string Root(string libraryId)
    {
        // Else a library could reach into another's keys.
        if (libraryId.Length == 0 || libraryId.Contains('/'))
            throw new ArgumentException($"'{libraryId}' is no id of a library.", nameof(libraryId));
        return libraryId + "/";
    }

    /// <summary>What is left of a key that is too long; null: it is not.</summary>
    private static string? Beginning(string key)
    {
        if (key.Length <= Whole / 3 || Encoding.UTF8.GetByteCount(key) <= Whole)
            return null;
        Span<byte> bytes = stackalloc byte[Whole];
        // Stops in front of a character that does not fit: every shorter one sorts before it, and before the highest.
        Utf8.FromUtf16(key, bytes, out int read, out _);
        return key[..read];
    }
}
