using MongoDB.Bson;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Registry;

namespace WatchPhoto.Indexer.Mongo;

/// <summary>Libraries as documents, which people write by hand as well: only id, name, host and path must be there.</summary>
internal static class MongoLibrary
{
    public static BsonDocument Document(Library library)
    {
        var document = new BsonDocument
        {
            { "_id", library.Id },
            { "name", library.Name },
            { "host", library.Host },
            { "path", library.Path },
        };
        if (library.Include is { } include)
            document.Add("include", new BsonArray(include));
        if (library.Exclude is { } exclude)
            document.Add("exclude", new BsonArray(exclude));
        document.Add("kind", library.Kind).Add("backend", library.Backend).Add("watch", LibraryDefinition.Text(library.Watch)).Add("epoch", library.Epoch);
        if (library.Owner is { } owner)
            document.Add("owner", MongoRegister.Id(owner));
        return library.RemovedAt is { } removedAt
            ? document.Add("removedAt", new BsonDateTime(removedAt.UtcDateTime))
            : document;
    }

    /// <exception cref="FormatException">A field is missing or of a wrong type; the message is a sentence about it.</exception>
    public static Library Library(BsonDocument document) => new()
    {
        Id = Text(document, "_id"),
        Name = Contracts.Library.NameOf(Text(document, "name")),
        Host = Text(document, "host"),
        Path = Text(document, "path"),
        Include = Texts(document, "include"),
        Exclude = Texts(document, "exclude"),
        Kind = Text(document, "kind", Contracts.Library.StoreKind),
        Backend = Text(document, "backend", Contracts.Library.LocalBackend),
        Watch = LibraryDefinition.WatchMode(Text(document, "watch", LibraryDefinition.Text(default))),
        Epoch = Value(document, "epoch") switch
        {
            null => 1,
            // The shell writes every number as a double.
            { IsNumeric: true } number when number.ToDouble() == Math.Floor(number.ToDouble()) => number.ToInt64(),
            _ => throw new FormatException("The epoch is not a whole number."),
        },
        Owner = Value(document, "owner") switch
        {
            null => null,
            BsonBinaryData { SubType: BsonBinarySubType.UuidStandard } id => id.ToGuid(),
            _ => throw new FormatException("The field owner is not a UUID."),
        },
        RemovedAt = Value(document, "removedAt") switch
        {
            null => null,
            BsonDateTime time => time.ToUniversalTime(),
            _ => throw new FormatException("The field removedAt is not a date."),
        },
    };

    private static string Text(BsonDocument document, string field, string? otherwise = null) => Value(document, field) switch
    {
        BsonString text => text.Value,
        null when otherwise is not null => otherwise,
        null => throw new FormatException($"The field {field} is missing."),
        _ => throw new FormatException($"The field {field} is not a text."),
    };

    private static string[]? Texts(BsonDocument document, string field) => Value(document, field) switch
    {
        null => null,
        BsonArray list when list.All(item => item.IsString) => [.. list.Select(item => item.AsString)],
        _ => throw new FormatException($"The field {field} is not a list of texts."),
    };

    private static BsonValue? Value(BsonDocument document, string field) =>
        document.TryGetValue(field, out var value) && !value.IsBsonNull ? value : null;
}
