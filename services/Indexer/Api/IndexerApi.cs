using System.ComponentModel;
using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using WatchPhoto.Bus;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Catalog;
using WatchPhoto.Indexer.Database;
using WatchPhoto.Indexer.Previewing;
using WatchPhoto.Indexer.Proving;
using WatchPhoto.Indexer.Registry;
using WatchPhoto.Indexer.Replaying;
using WatchPhoto.Indexer.Requests;

namespace WatchPhoto.Indexer.Api;

/// <summary>The HTTP API: libraries, photos, watchers, health.</summary>
public static class IndexerApi
{
    private const int UsualPage = 100;
    private const int LargestPage = 1000;

    public static void MapIndexerApi(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseSiteChecks();
        app.Use(RequestBounds.Check);
        app.Use(RequestBody.WrapAsync);
        app.UseRequestTimeouts();
        app.Use(RefuseUntilPrepared);
        // By this name alone: of others the framework says in plain text that there are none.
        app.MapOpenApi("/openapi/v1.json");

        var libraries = app.MapGroup("/api/libraries").WithTags("Libraries").ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);
        libraries.MapGet("", ListLibraries).WithSummary("All libraries; removed ones only if asked for.");
        libraries.MapPost("", AddLibrary).WithSummary("Registers a library; its host's watcher takes it within seconds.");
        // It ends by itself: Indexer:PreviewTime.
        libraries.MapPost("preview", PreviewLibrary).ProducesProblem(422).ProducesProblem(503).ProducesProblem(504)
            .WithSummary("How many files a library would hold, and the first twenty: of a definition as for registration; or of a registered library, by its id alone, with what else is said in its place.")
            .DisableRequestTimeout();
        libraries.MapGet("{id}", GetLibrary).WithSummary("One library, perhaps removed.");
        libraries.MapPut("{id}", ReplaceLibrary).WithSummary("Replaces what is said of a library; what is left out becomes the default.");
        libraries.MapDelete("{id}", RemoveLibrary).WithSummary("Removes a library and its photos from the catalog; can be undone within 30 days.");
        libraries.MapPost("{id}/restore", RestoreLibrary).WithSummary("Undoes the removal of a library; its watcher tells all of it again.");
        libraries.MapGet("{id}/verification", GetVerification).WithSummary("Two claims apart: when the catalog was last proven equal to what the watcher knows, and when that to the disk; and why not.");
        libraries.MapPost("{id}/verify", Ask(LibraryAction.Prove)).WithSummary("Has the watcher prove the library now.");
        libraries.MapPost("{id}/resync", Ask(LibraryAction.Resync)).WithSummary("Has the watcher tell every entry again.");
        libraries.MapPost("{id}/compare", Ask(LibraryAction.Compare)).WithSummary("Has the watcher compare the whole library with its disk now.");
        libraries.MapPost("{id}/deletions/accept", Ask(LibraryAction.AcceptDeletions)).WithSummary("What a scan missed and held is deleted indeed.");
        libraries.MapPost("{id}/deletions/refuse", Ask(LibraryAction.RefuseDeletions)).WithSummary("What a scan missed and held stays, marked missing.");
        libraries.MapPost("{id}/root/accept", Ask(LibraryAction.AcceptRoot)).WithSummary("What is at the library's path now is the library: a disk replaced, a new root.");
        libraries.MapGet("{id}/photos.ndjson", StreamPhotos).WithSummary("All photos of a library, a JSON object a line, in the order of their paths' UTF-8 bytes.")
            .Produces<PhotoLine>(contentType: "application/x-ndjson").DisableRequestTimeout();

        var photos = app.MapGroup("/api/photos").WithTags("Photos").ProducesProblem(400).ProducesProblem(404);
        photos.MapGet("", PagePhotos).WithSummary("Photos of a library in the order of their paths' UTF-8 bytes, page by page.");
        photos.MapGet("{photoId}", FindPhoto).WithSummary("Every path at which a photo is: usually one.");

        app.MapPost("/api/replay", StartReplay).WithTags("Replay").ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(503)
            .WithSummary("Applies once more what was published in a stretch of time; tells how far it is, a JSON object a line, and ends when whoever asked goes.")
            .Produces<ReplayProgress>(contentType: "application/x-ndjson").DisableRequestTimeout();

        app.MapGet("/api/watchers", ListWatchers).WithTags("Watchers").WithSummary("The last report of each watcher.");
        app.MapDelete("/api/watchers/{host}", ForgetWatcher).WithTags("Watchers").ProducesProblem(404).ProducesProblem(409)
            .WithSummary("Forgets a host that owns no library, until its watcher reports again.");

        app.MapGet("/health/live", () => TypedResults.Ok(new Liveness("alive"))).WithTags("Health").WithSummary("The process answers.");
        app.MapGet("/health/ready", GetReadiness).WithTags("Health").WithSummary("Bus and database answer.")
            .Produces<Readiness>().Produces<Readiness>(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<IEnumerable<Library>> ListLibraries(
        LibraryRegistrations registrations, IPhotoCatalog catalog, [Description("Removed libraries, too.")] bool? removed, CancellationToken cancellationToken)
    {
        var libraries = await registrations.ReadAsync(cancellationToken);
        return await catalog.WithHighestVersionsAsync([.. libraries.Where(library => removed == true || library.RemovedAt is null)], cancellationToken);
    }

    private static async Task<Created<Library>> AddLibrary(
        LibraryDefinition? definition, LibraryRegistrations registrations, CancellationToken cancellationToken)
    {
        var library = await registrations.AddAsync(Given(definition), cancellationToken);
        return TypedResults.Created($"/api/libraries/{library.Id}", library);
    }

    private static Task<LibraryPreview> PreviewLibrary(
        LibraryDefinition? definition, LibraryPreviews previews, CancellationToken cancellationToken) =>
        previews.PreviewAsync(Given(definition), cancellationToken);

    private static async Task<Library> GetLibrary(
        string id, LibraryRegistrations registrations, IPhotoCatalog catalog, CancellationToken cancellationToken) =>
        await WithHighestVersionAsync(catalog, await registrations.FindAsync(id, cancellationToken), cancellationToken);

    private static async Task<Library> ReplaceLibrary(
        string id, LibraryDefinition? definition, LibraryRegistrations registrations, IPhotoCatalog catalog, CancellationToken cancellationToken) =>
        await WithHighestVersionAsync(catalog, await registrations.ReplaceAsync(id, Given(definition), cancellationToken), cancellationToken);

    private static async Task<NoContent> RemoveLibrary(string id, LibraryRegistrations registrations, CancellationToken cancellationToken)
    {
        await registrations.RemoveAsync(id, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Library> RestoreLibrary(
        string id, LibraryRegistrations registrations, IPhotoCatalog catalog, CancellationToken cancellationToken) =>
        await WithHighestVersionAsync(catalog, await registrations.RestoreAsync(id, cancellationToken), cancellationToken);

    private static async Task<Library> WithHighestVersionAsync(IPhotoCatalog catalog, Library library, CancellationToken cancellationToken) =>
        (await catalog.WithHighestVersionsAsync([library], cancellationToken))[0];

    private static async Task<Claims> GetVerification(
        string id, LibraryRegistrations registrations, IVerifications verifications, IWatcherReports reports, CancellationToken cancellationToken)
    {
        var library = await registrations.FindAsync(id, cancellationToken);
        var known = await verifications.FindAsync(id, cancellationToken) ?? new Verification { LibraryId = id };
        return Claims.Of(known, (await reports.ReadAsync(cancellationToken)).FirstOrDefault(report => report.Host == library.Host));
    }

    // Answered when it is on its way; what the watcher makes of it shows in its reports.
    private static Func<string, LibraryRegistrations, WatcherRequests, CancellationToken, Task<Accepted>> Ask(LibraryAction action) =>
        async (id, registrations, requests, cancellationToken) =>
        {
            await FindLivingAsync(registrations, id, cancellationToken);
            await requests.SendAsync(new LibraryActionRequested { LibraryId = id, Action = action, Reason = "over HTTP" }, cancellationToken);
            return TypedResults.Accepted("/api/watchers");
        };

    private static async Task<IResult> StreamPhotos(
        string id, LibraryRegistrations registrations, IPhotoCatalog catalog, CancellationToken cancellationToken)
    {
        await FindLivingAsync(registrations, id, cancellationToken);
        return new PhotoStream(catalog.ReadAsync(id, prefix: null, after: null, limit: null, cancellationToken));
    }

    private static async Task<PhotoPage> PagePhotos(
        LibraryRegistrations registrations, IPhotoCatalog catalog,
        [Description("The library's id.")] string? library,
        [Description("Only paths that start so.")] string? prefix,
        [Description("Only paths behind this one: the 'after' of the page before.")] string? after,
        [Description("1 to 1000 photos; 100 where absent.")] string? limit,
        CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(library))
            throw new RefusedRequestException(StatusCodes.Status400BadRequest, "Say which library: /api/photos?library=ID.");
        int count = UsualPage;
        if (limit is not null && (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out count) || count is < 1 or > LargestPage))
            throw new RefusedRequestException(StatusCodes.Status400BadRequest, $"The limit '{ProblemWriter.Shown(limit)}' is not a number from 1 to {LargestPage}.");
        if (prefix?.Length > RequestBounds.LongestPath || after?.Length > RequestBounds.LongestPath)
            throw new RefusedRequestException(StatusCodes.Status400BadRequest, $"No path has more than {RequestBounds.LongestPath} characters: say a shorter prefix or after.");
        await FindLivingAsync(registrations, library, cancellationToken);

        // One more than asked for tells whether there is another page.
        var photos = new List<PhotoLine>();
        await foreach (var photo in catalog.ReadAsync(library, prefix, after, count + 1, cancellationToken))
            photos.Add(PhotoLine.Of(photo));
        return photos.Count <= count ? new PhotoPage(photos, After: null) : new PhotoPage(photos[..count], photos[count - 1].Path);
    }

    private static async Task<IEnumerable<PhotoLine>> FindPhoto(string photoId, IPhotoCatalog catalog, CancellationToken cancellationToken)
    {
        if (!Guid.TryParse(photoId, out var id))
            throw new RefusedRequestException(StatusCodes.Status400BadRequest, $"'{ProblemWriter.Shown(photoId)}' is not a photo id: those look like 0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c11.");
        return await catalog.FindAsync(id, cancellationToken) is { Count: > 0 } photos
            ? photos.Select(PhotoLine.Of)
            : throw new RefusedRequestException(StatusCodes.Status404NotFound, $"No photo has the id '{photoId}': it may have been deleted.");
    }

    private static async Task<IResult> StartReplay(
        ReplayRequest? request, LibraryRegistrations registrations, IFileEventsHistory history, Replay replay, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var until = request?.To is { } to && to < now ? to : now;
        if (request?.From is not { } from)
            throw new RefusedRequestException(StatusCodes.Status400BadRequest, "Say from when on: a JSON object with from, such as \"2026-11-23T06:00:00Z\", and perhaps to and library.");
        if (from > until)
            throw new RefusedRequestException(StatusCodes.Status400BadRequest, $"Nothing is between from, {from:O}, and to, {until:O}: from must come before to, and before now.");
        if (request.Library is { } library)
            await FindLivingAsync(registrations, library, cancellationToken);
        try
        {
            return new ReplayStream(await history.OpenAsync(from, until, cancellationToken), replay, request.Library);
        }
        catch (Exception exception) when (BusConnection.IsAway(exception))
        {
            throw new RefusedRequestException(
                StatusCodes.Status503ServiceUnavailable, $"RabbitMQ does not answer, so its history cannot be read ({exception.Message}); try again in a while.");
        }
    }

    private static Task<IReadOnlyList<WatcherReport>> ListWatchers(IWatcherReports reports, CancellationToken cancellationToken) =>
        reports.ReadAsync(cancellationToken);

    private static async Task<NoContent> ForgetWatcher(
        string host, LibraryRegistrations registrations, IWatcherReports reports, CancellationToken cancellationToken)
    {
        var owned = (await registrations.ReadAsync(cancellationToken)).Where(library => library.RemovedAt is null && library.Host == host).ToList();
        if (owned is [var first, ..])
        {
            throw new RefusedRegistrationException(
                RefusalKind.Conflict, $"The host '{host}' has {owned.Count} libraries, '{first.Id}' among them: remove them or give them another host first (DELETE or PUT /api/libraries/{first.Id}).");
        }

        return await reports.ForgetAsync(host, cancellationToken)
            ? TypedResults.NoContent()
            : throw new RefusedRegistrationException(RefusalKind.Unknown, $"No watcher has reported as '{host}'; GET /api/watchers lists those that have.");
    }

    private static async Task<JsonHttpResult<Readiness>> GetReadiness(
        HealthCheckService health, IndexerMetrics metrics, CancellationToken cancellationToken)
    {
        var report = await health.CheckHealthAsync(cancellationToken);
        bool ready = report.Status == HealthStatus.Healthy;
        return TypedResults.Json(
            new Readiness(
                ready ? "ready" : "not ready",
                report.Entries.ToDictionary(entry => entry.Key, entry => entry.Value.Description ?? entry.Value.Status.ToString()),
                metrics.Counts),
            statusCode: ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task FindLivingAsync(LibraryRegistrations registrations, string id, CancellationToken cancellationToken)
    {
        if ((await registrations.FindAsync(id, cancellationToken)).RemovedAt is not null)
            throw new RefusedRegistrationException(RefusalKind.Unknown, $"The library '{id}' is removed: restore it to see its photos (POST /api/libraries/{id}/restore).");
    }

    private static LibraryDefinition Given(LibraryDefinition? definition) =>
        definition ?? throw new RefusedRequestException(
            StatusCodes.Status400BadRequest, "Say what the library is: a JSON object with name, host and path.");

    private static Task RefuseUntilPrepared(HttpContext context, RequestDelegate next) =>
        context.Request.Path.StartsWithSegments("/api") && !context.RequestServices.GetRequiredService<DatabaseConnection>().IsPrepared
            ? throw new TimeoutException("The database is not prepared yet.")
            : next(context);

    private sealed record Liveness(string Status);

    /// <param name="Checks">What each of bus and database says.</param>
    /// <param name="Events">Since this indexer started.</param>
    private sealed record Readiness(string Status, IReadOnlyDictionary<string, string> Checks, EventCounts Events);
}
