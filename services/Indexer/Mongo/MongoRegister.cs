using MongoDB.Bson;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Catalog.Algebra;

namespace WatchPhoto.Indexer.Mongo;

/// <summary>Registers as documents. A tombstone has <c>deletedAt</c> and nothing of a photo.</summary>
internal static class MongoRegister
{
    public static readonly string[] LiveFields = ["photoId", "file", "photo", "digest"];

    public static readonly BsonElement Living = new("deletedAt", new BsonDocument("$exists", false));

    public static BsonDocument Document(string libraryId, Register register)
    {
        var document = new BsonDocument { { "library", libraryId }, { "path", register.Path }, { "version", register.Version } };
        if (register.Live is not { } live)
            return document.Add("deletedAt", TimeOf(register.Version));

        document.Add("photoId", Id(live.PhotoId));
        document.Add("file", Document(live.File));
        if (live.Description is { } photo)
            document.Add("photo", Document(photo));
        return document.Add("digest", (long)live.Digest);
    }

    public static Photo Photo(BsonDocument document) => new(
        document["library"].AsString,
        document["path"].AsString,
        document["photoId"].AsBsonBinaryData.ToGuid(),
        document["version"].AsInt64,
        File(document["file"].AsBsonDocument),
        document.TryGetValue("photo", out var photo) ? Description(photo.AsBsonDocument) : null);

    public static BsonBinaryData Id(Guid id) => new(id, GuidRepresentation.Standard);

    // A function of the version alone: when a tombstone was applied depends on the order of things.
    public static BsonDateTime TimeOf(long version) => new(CatalogClock.TimeOf(version));

    private static BsonDocument Document(PhotoFile file)
    {
        var document = new BsonDocument
        {
            { "size", file.Size },
            { "modifiedAt", file.ModifiedAt.ToString() }, // a date of BSON knows milliseconds only
            { "inode", file.Inode <= long.MaxValue ? new BsonInt64((long)file.Inode) : new BsonDecimal128((decimal)file.Inode) },
        };
        return file.BirthTime is { } birth ? document.Add("birthTime", birth.ToString()) : document;
    }

    private static PhotoFile File(BsonDocument document) => new()
    {
        Size = document["size"].AsInt64,
        ModifiedAt = FileTime.Parse(document["modifiedAt"].AsString),
        Inode = document["inode"] is BsonDecimal128 inode ? Decimal128.ToUInt64(inode.Value) : (ulong)document["inode"].AsInt64,
        BirthTime = document.TryGetValue("birthTime", out var birth) ? FileTime.Parse(birth.AsString) : null,
    };

    private static BsonDocument Document(PhotoDescription photo)
    {
        var document = new BsonDocument();
        if (photo.Width is { } width)
            document.Add("width", width);
        if (photo.Height is { } height)
            document.Add("height", height);
        if (photo.TakenAt is { } takenAt)
            document.Add("takenAt", takenAt);
        if (photo.CameraMake is { } make)
            document.Add("cameraMake", make);
        if (photo.CameraModel is { } model)
            document.Add("cameraModel", model);
        return document;
    }

    private static PhotoDescription Description(BsonDocument document) => new()
    {
        Width = document.GetValue("width", null)?.AsInt32,
        Height = document.GetValue("height", null)?.AsInt32,
        TakenAt = document.GetValue("takenAt", null)?.AsString,
        CameraMake = document.GetValue("cameraMake", null)?.AsString,
        CameraModel = document.GetValue("cameraModel", null)?.AsString,
    };
}
