using System.Text.Json;
using WatchPhoto.Indexer.Catalog;

namespace WatchPhoto.Indexer.Api;

/// <summary>A library's photos as lines of JSON, written as they are read: a million take no more memory than one.</summary>
internal sealed class PhotoStream(IAsyncEnumerable<Photo> photos) : IResult
{
    private const int FlushBytes = 64 * 1024;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        using var stop = httpContext.AbortWhenStopping();
        httpContext.Response.ContentType = "application/x-ndjson";
        var body = httpContext.Response.BodyWriter;
        var options = new JsonWriterOptions { Encoder = PhotoJson.Readable.Options.Encoder, SkipValidation = true };
        await using var json = new Utf8JsonWriter(body, options);
        long flushed = 0, written = 0;
        await foreach (var photo in photos)
        {
            // From here on a failure breaks the connection off, instead of answering with a problem behind some lines.
            if (!httpContext.Response.HasStarted)
                await httpContext.Response.StartAsync(httpContext.RequestAborted);
            JsonSerializer.Serialize(json, PhotoLine.Of(photo), PhotoJson.Readable.PhotoLine);
            json.Flush();
            written += json.BytesCommitted;
            json.Reset();
            body.GetSpan(1)[0] = (byte)'\n';
            body.Advance(1);
            if (written - flushed >= FlushBytes)
            {
                await body.FlushAsync(httpContext.RequestAborted);
                flushed = written;
            }
        }

        await body.FlushAsync(httpContext.RequestAborted);
    }
}
