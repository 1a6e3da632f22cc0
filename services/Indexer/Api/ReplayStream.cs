using System.Text.Json;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using WatchPhoto.Bus;
using WatchPhoto.Indexer.Replaying;

namespace WatchPhoto.Indexer.Api;

/// <summary>A replay that runs while its progress is being read, a line of JSON each.</summary>
internal sealed class ReplayStream(IHistoryReading history, Replay replay, string? libraryId) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        await using var _ = history;
        using var stop = httpContext.AbortWhenStopping();
        var (response, aborted) = (httpContext.Response, httpContext.RequestAborted);
        var json = httpContext.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        response.ContentType = "application/x-ndjson";
        await foreach (var progress in replay.RunAsync(history, libraryId, aborted))
        {
            await JsonSerializer.SerializeAsync(response.Body, progress, json, aborted);
            await response.Body.WriteAsync("\n"u8.ToArray(), aborted);
            await response.Body.FlushAsync(aborted);
        }
    }
}
