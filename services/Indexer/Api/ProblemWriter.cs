using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;

namespace WatchPhoto.Indexer.Api;

/// <summary>
/// Writes problems as JSON, whatever the request accepts: the framework's own writer falls silent where that is something else,
/// and the refusal becomes a fault of the server's.
/// </summary>
internal sealed class ProblemWriter : IProblemDetailsWriter
{
    public const string ContentType = "application/problem+json";
    public const string Contents = "GET /openapi/v1.json describes what there is.";

    private const int LongestDetail = 10_000;
    private const int LongestShown = 100;

    public bool CanWrite(ProblemDetailsContext context) => true;

    public async ValueTask WriteAsync(ProblemDetailsContext context)
    {
        var (response, problem) = (context.HttpContext.Response, context.ProblemDetails);
        problem.Status ??= response.StatusCode;
        problem.Title ??= ReasonPhrases.GetReasonPhrase(problem.Status.Value);
        problem.Detail = Shown(problem.Detail ?? Sentence(problem.Status.Value, context.HttpContext.Request), LongestDetail);
        // Without a token, so that a client that has gone is none of this service's faults.
        await response.WriteAsJsonAsync(problem, options: null, ContentType);
    }

    /// <summary>What a request said, so that a sentence can repeat it.</summary>
    public static string Shown(string text, int most = LongestShown) => text.Length <= most
        ? text
        : text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)] + "...";

    /// <summary>What is said where there is nothing but a number: by the framework itself, mostly.</summary>
    public static string Sentence(int status, HttpRequest request) => status switch
    {
        StatusCodes.Status404NotFound => $"There is nothing at '{Shown(request.Path)}'; {Contents}",
        StatusCodes.Status405MethodNotAllowed => $"'{Shown(request.Path)}' does not know {Shown(request.Method)}; {Contents}",
        StatusCodes.Status408RequestTimeout => "The request came too slowly: send it at once.",
        StatusCodes.Status413PayloadTooLarge => string.Create(
            CultureInfo.InvariantCulture, $"The body is larger than {RequestBounds.MostBody:N0} bytes, and no request needs so many: send less."),
        StatusCodes.Status415UnsupportedMediaType => "The body must be JSON: say so with 'Content-Type: application/json'.",
        StatusCodes.Status503ServiceUnavailable => "It took too long to answer; try again in a while.",
        >= StatusCodes.Status500InternalServerError => "This is a fault of the service's, and its log has the reason.",
        _ => $"The request cannot be understood; {Contents}",
    };
}
