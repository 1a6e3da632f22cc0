using MongoDB.Bson;
using MongoDB.Driver;
using WatchPhoto.Indexer.Catalog;

namespace WatchPhoto.Indexer.Mongo;

/// <summary>
/// The catalog's collections, and how they are made. Works with MongoDB from 4.4 on and servers that are compatible to it: all
/// it asks for is that a write to one document with a condition is atomic.
/// </summary>
internal sealed partial class MongoDatabase : ICatalogSetup, IDisposable
{
    private const int SchemaVersion = 1;
    private const string DefaultName = "watchphoto";

    // Codes of MongoDB.
    private const int IndexNotFound = 27;
    private const int NamespaceExists = 48;
    private const int IndexOptionsConflict = 85;
    private const int IndexKeySpecsConflict = 86;
    private const int WriteConflict = 112;
    private const int DuplicateKey = 11000;

    private const int MostTries = 10;

    // Unless the connection string says another one.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly MongoClient _client;
    private readonly IMongoDatabase _database;
    private readonly CatalogOptions _options;
    private readonly ILogger<MongoDatabase> _logger;

    public MongoDatabase(MongoUrl url, CatalogOptions options, ILogger<MongoDatabase> logger)
    {
        var settings = MongoClientSettings.FromUrl(url);
        // Whoever asks over HTTP is told that the database is away before they give up, and everybody else tries again anyway.
        if (settings.ServerSelectionTimeout == MongoDefaults.ServerSelectionTimeout)
            settings.ServerSelectionTimeout = Patience;
        // A host that is gone without a word must not be waited for when it is long back.
        if (settings.ConnectTimeout == MongoDefaults.ConnectTimeout)
            settings.ConnectTimeout = Patience;
        _client = new MongoClient(settings);
        // A register must be there for good before its ranges are read, and a range before its subtree is swept: on a majority,
        // and read where it was written.
        _database = _client.GetDatabase(url.DatabaseName ?? DefaultName)
            .WithWriteConcern(WriteConcern.WMajority)
            .WithReadPreference(ReadPreference.Primary);
        _options = options;
        _logger = logger;
    }

    /// <summary>Live registers and tombstones.</summary>
    public IMongoCollection<BsonDocument> Registers => _database.GetCollection<BsonDocument>("registers");

    /// <summary>Up to which version the contents of a directory are gone.</summary>
    public IMongoCollection<BsonDocument> Ranges => _database.GetCollection<BsonDocument>("ranges");

    public IMongoCollection<BsonDocument> Libraries => _database.GetCollection<BsonDocument>("libraries");

    /// <summary>The last report of each watcher.</summary>
    public IMongoCollection<BsonDocument> Watchers => _database.GetCollection<BsonDocument>("watchers");

    public IMongoCollection<BsonDocument> Verifications => _database.GetCollection<BsonDocument>("verifications");

    /// <summary>One document: the catalog's id, and the revision of the registry.</summary>
    public IMongoCollection<BsonDocument> Catalog => _database.GetCollection<BsonDocument>("catalog");

    public static BsonDocument TheCatalog => new("_id", "catalog");

    // Sparse: the living, which are nearly all, are not in it.
    private static CreateIndexOptions Expiry(TimeSpan life) => new() { ExpireAfter = life, Sparse = true };

    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await PrepareCatalogAsync(cancellationToken);
        foreach (var collection in new[] { Registers, Ranges, Libraries, Watchers })
            await PrepareCollectionAsync(collection.CollectionNamespace.CollectionName, cancellationToken);

        // One after the other: DocumentDB deadlocks when two indexes are made on one collection at once.
        await PrepareIndexAsync(Registers, "version", "{ library: 1, version: 1, digest: 1 }", new(), cancellationToken);
        await PrepareIndexAsync(Registers, "photo", "{ photoId: 1 }", new() { Sparse = true }, cancellationToken);
        await PrepareIndexAsync(Registers, "expiry", "{ deletedAt: 1 }", Expiry(_options.TombstoneLife), cancellationToken);
        await PrepareIndexAsync(Ranges, "version", "{ library: 1, version: 1 }", new(), cancellationToken);
        // A tombstone counts for as much as the ranges above it, and so must not outlive them, in whichever order the server expires.
        await PrepareIndexAsync(Ranges, "expiry", "{ removedAt: 1 }", Expiry(_options.TombstoneLife + TimeSpan.FromDays(1)), cancellationToken);
        await PrepareViewAsync(cancellationToken);
    }

    public void Dispose() => _client.Dispose();

    private async Task PrepareCatalogAsync(CancellationToken cancellationToken)
    {
        var made = new BsonDocument("$setOnInsert", new BsonDocument
        {
            { "catalogId", MongoRegister.Id(Guid.CreateVersion7()) },
            { "schema", SchemaVersion },
            { "revision", 0L },
        });
        await MakeAsync("the catalog's document", () =>
            Catalog.UpdateOneAsync(TheCatalog, made, new UpdateOptions { IsUpsert = true }, cancellationToken));

        var catalog = await Catalog.Find(TheCatalog).FirstAsync(cancellationToken);
        if (catalog["schema"].ToInt32() > SchemaVersion)
        {
            throw new NotSupportedException(
                $"The catalog '{_database.DatabaseNamespace}' was made by a newer WatchPhoto "
                + $"(its schema is {catalog["schema"]}, the newest known here {SchemaVersion}).");
        }
    }

    // Before anyone writes to it: that two first writes made the collection at once must not be taken for something else.
    private Task PrepareCollectionAsync(string name, CancellationToken cancellationToken) =>
        MakeAsync(name, () => _database.CreateCollectionAsync(name, cancellationToken: cancellationToken));

    private Task PrepareIndexAsync(
        IMongoCollection<BsonDocument> collection, string name, string keys, CreateIndexOptions options,
        CancellationToken cancellationToken)
    {
        options.Name = name;
        var index = new CreateIndexModel<BsonDocument>(keys, options);
        return MakeAsync($"{collection.CollectionNamespace.CollectionName}.{name}", async () =>
        {
            try
            {
                await collection.Indexes.CreateOneAsync(index, cancellationToken: cancellationToken);
            }
            catch (MongoCommandException e) when (e.Code is IndexOptionsConflict or IndexKeySpecsConflict)
            {
                // The age of tombstones is another one than before.
                await DropIndexAsync(collection, name, cancellationToken);
                await collection.Indexes.CreateOneAsync(index, cancellationToken: cancellationToken);
            }
        });
    }

    private static async Task DropIndexAsync(IMongoCollection<BsonDocument> collection, string name, CancellationToken cancellationToken)
    {
        try
        {
            await collection.Indexes.DropOneAsync(name, cancellationToken);
        }
        catch (MongoCommandException e) when (e.Code == IndexNotFound)
        {
            // Another indexer has just dropped it.
        }
    }

    private async Task PrepareViewAsync(CancellationToken cancellationToken)
    {
        PipelineDefinition<BsonDocument, BsonDocument> living = new BsonDocument[]
        {
            new("$match", new BsonDocument(MongoRegister.Living)),
            new("$project", new BsonDocument { { "digest", 0 } }),
        };
        await MakeAsync("photos", () => _database.CreateViewAsync("photos", "registers", living, cancellationToken: cancellationToken));
    }

    /// <summary>
    /// Makes something that may be there, or that another indexer may be making: servers say that in several ways, and made
    /// again it is either there or ours.
    /// </summary>
    private async Task MakeAsync(string what, Func<Task> make)
    {
        for (int tries = 1; ; tries++)
        {
            try
            {
                await make();
                return;
            }
            catch (MongoCommandException e) when (e.Code == NamespaceExists)
            {
                return;
            }
            catch (MongoException e) when (tries < MostTries && IsRace(e))
            {
                LogTriesAgain(e, what);
            }
        }
    }

    private static bool IsRace(MongoException exception) => exception
        is MongoCommandException { Code: WriteConflict or DuplicateKey or IndexOptionsConflict or IndexKeySpecsConflict }
        or MongoWriteException { WriteError.Category: ServerErrorCategory.DuplicateKey };

    [LoggerMessage(LogLevel.Information, "{What} is being made by another indexer, too; trying again")]
    private partial void LogTriesAgain(Exception exception, string what);
}
