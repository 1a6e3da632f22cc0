using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Net.Http.Headers;
using WatchPhoto.Indexer.Requests;

namespace WatchPhoto.Indexer.Api;

/// <summary>
/// How large a request may be, and how slow. The server's own limits are twice as high, for it says nothing but a number: what is
/// between the two gets a sentence.
/// </summary>
internal static class RequestBounds
{
    /// <summary>Bytes of a body: a definition with all the globs it may have takes a quarter.</summary>
    public const int MostBody = 1024 * 1024;

    /// <summary>Characters of a path in a query.</summary>
    public const int LongestPath = 8 * 1024;

    // Bytes. Two paths, each byte of which may be written as three.
    private const int LongestTarget = 50 * 1024;
    // Bytes. A browser sends with them the cookies of everything that listens on this machine.
    private const int MostHeaders = 32 * 1024;
    private const int MostHeaderFields = 100;
    private static readonly TimeSpan HeadersTime = TimeSpan.FromSeconds(10);
    private static readonly MinDataRate SlowestBody = new(bytesPerSecond: 1024, gracePeriod: TimeSpan.FromSeconds(5));

    public static void Set(KestrelServerLimits limits, IndexerOptions options)
    {
        limits.MaxRequestBodySize = MostBody;
        limits.MaxRequestLineSize = LongestTarget * 2;
        limits.MaxRequestHeadersTotalSize = MostHeaders * 2;
        limits.MaxRequestHeaderCount = MostHeaderFields * 2;
        limits.RequestHeadersTimeout = HeadersTime;
        limits.MinRequestBodyDataRate = SlowestBody;
        limits.KeepAliveTimeout = options.ConnectionIdleTime;
    }

    public static Task Check(HttpContext context, RequestDelegate next) =>
        Problem(context) is var (status, sentence) ? throw new RefusedRequestException(status, sentence) : next(context);

    private static (int Status, string Sentence)? Problem(HttpContext context)
    {
        var request = context.Request;
        if (context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Length > LongestTarget)
            return (StatusCodes.Status414UriTooLong, Number($"Path and query have more than {LongestTarget:N0} bytes: ask for less."));
        if (request.Headers.Count > MostHeaderFields || HeaderLength(request.Headers) > MostHeaders)
        {
            return (StatusCodes.Status431RequestHeaderFieldsTooLarge,
                Number($"The request has more than {MostHeaderFields} headers, or {MostHeaders:N0} bytes of them: send fewer (in a browser, delete the cookies of this host)."));
        }

        if (request.ContentLength > MostBody)
            return (StatusCodes.Status413PayloadTooLarge, ProblemWriter.Sentence(StatusCodes.Status413PayloadTooLarge, request));
        return IsOtherThanUtf8(request.ContentType)
            ? (StatusCodes.Status415UnsupportedMediaType, "The body must be JSON in UTF-8: say so with 'Content-Type: application/json', without another charset.")
            : null;
    }

    private static long HeaderLength(IHeaderDictionary headers)
    {
        long length = 0;
        foreach (var (name, values) in headers)
        {
            foreach (var value in values)
                length += name.Length + (value?.Length ?? 0);
        }

        return length;
    }

    // JSON is always UTF-8 (RFC 8259), and the framework takes a charset that it does not know for its own fault.
    private static bool IsOtherThanUtf8(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var type) && type.Charset.Length > 0
        && !HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase);

    private static string Number(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
