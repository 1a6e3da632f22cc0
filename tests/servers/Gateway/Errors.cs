using MongoDB.Bson;
using Npgsql;

namespace WatchPhoto.TestServers.Gateway;

/// <summary>
/// DocumentDB numbers its errors by their place in its own list, as a SQLSTATE: 'M' and four digits in base 36. These are
/// the places that clients react to, with MongoDB's numbers for them.
/// </summary>
internal static class Errors
{
    private static readonly Dictionary<string, (int Code, string Name)> BySqlState = new()
    {
        ["M0000"] = (1, "InternalError"),
        ["M0001"] = (2, "BadValue"),
        ["M0003"] = (9, "FailedToParse"),
        ["M0004"] = (14, "TypeMismatch"),
        ["M0005"] = (15, "Overflow"),
        ["M0006"] = (20, "IllegalOperation"),
        ["M0007"] = (23, "AlreadyInitialized"),
        ["M0008"] = (26, "NamespaceNotFound"),
        ["M0009"] = (27, "IndexNotFound"),
        ["M000A"] = (28, "PathNotViable"),
        ["M000D"] = (40, "ConflictingUpdateOperators"),
        ["M000E"] = (43, "CursorNotFound"),
        ["M000F"] = (48, "NamespaceExists"),
        ["M000G"] = (52, "DollarPrefixedFieldName"),
        ["M000J"] = (56, "EmptyFieldName"),
        ["M000K"] = (57, "DottedFieldName"),
        ["M000M"] = (66, "ImmutableField"),
        ["M000N"] = (67, "CannotCreateIndex"),
        ["M000O"] = (68, "IndexAlreadyExists"),
        ["M000P"] = (72, "InvalidOptions"),
        ["M000Q"] = (73, "InvalidNamespace"),
        ["M000R"] = (85, "IndexOptionsConflict"),
        ["M000S"] = (86, "IndexKeySpecsConflict"),
        ["M000U"] = (115, "CommandNotSupported"),
        ["M000Z"] = (166, "CommandNotSupportedOnView"),
        ["M001B"] = (10334, "BSONObjectTooLarge"),
        ["M001C"] = (11000, "DuplicateKey"),

        // PostgreSQL's own.
        ["23505"] = (11000, "DuplicateKey"),
        ["23P01"] = (11000, "DuplicateKey"),
        ["40001"] = (112, "WriteConflict"),
        ["40P01"] = (112, "WriteConflict"),
        ["57014"] = (50, "MaxTimeMSExpired"),
        ["42P01"] = (26, "NamespaceNotFound"),
        ["0A000"] = (115, "CommandNotSupported"),
        ["54000"] = (17280, "KeyTooLong"),
    };

    public static BsonDocument ToReply(PostgresException error) => Reply(error.SqlState, error.MessageText);

    public static BsonDocument Reply(int code, string name, string message) =>
        new() { ["ok"] = 0.0, ["errmsg"] = message, ["code"] = code, ["codeName"] = name };

    /// <summary>
    /// Replaces the packed SQLSTATEs in a reply (six bits a character, the first one lowest, counted from '0').
    /// </summary>
    public static void Translate(BsonDocument reply)
    {
        TranslateCode(reply);
        foreach (var list in (string[])["writeErrors", "writeConcernErrors"])
        {
            if (!reply.TryGetValue(list, out var errors)) continue;
            foreach (var error in errors.AsBsonArray) TranslateCode(error.AsBsonDocument);
        }
    }

    private static void TranslateCode(BsonDocument document)
    {
        if (!document.TryGetValue("code", out var code)) return;

        var sqlState = string.Create(5, code.ToInt32(), static (text, state) =>
        {
            for (var i = 0; i < text.Length; i++) text[i] = (char)('0' + ((state >> (6 * i)) & 63));
        });
        document["code"] = Find(sqlState).Code;
    }

    private static BsonDocument Reply(string sqlState, string message)
    {
        var (code, name) = Find(sqlState);
        return Reply(code, name, $"{message} ({sqlState})");
    }

    private static (int Code, string Name) Find(string sqlState) =>
        BySqlState.TryGetValue(sqlState, out var known) ? known : (8, "UnknownError");
}
