using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;
using WatchPhoto.Bus;
using WatchPhoto.Hosting;
using WatchPhoto.Indexer.Database;
using WatchPhoto.Indexer.Registry;
using WatchPhoto.Indexer.Replaying;
using WatchPhoto.Indexer.Requests;

namespace WatchPhoto.Indexer.Api;

/// <summary>What goes wrong with a request becomes a problem (RFC 9457) whose detail is a sentence with the remedy.</summary>
internal sealed class ApiProblems(IProblemDetailsService problems) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        if (Problem(exception, context.Request) is not var (status, detail) || context.Response.HasStarted)
            return false;

        context.Response.StatusCode = status;
        if (status == StatusCodes.Status503ServiceUnavailable)
            context.Response.Headers.RetryAfter = "5";
        return await problems.TryWriteAsync(new() { HttpContext = context, ProblemDetails = { Status = status, Detail = detail } });
    }

    private static (int Status, string Detail)? Problem(Exception exception, HttpRequest request) => exception switch
    {
        RefusedRegistrationException refused => (Status(refused.Kind), refused.Message),
        RefusedRequestException refused => (refused.Status, refused.Message),
        NoHistoryException none => (StatusCodes.Status409Conflict, $"{none.Message} To have a watcher tell all of a library again: POST /api/libraries/{{id}}/resync."),
        BadHttpRequestException { InnerException: JsonException json } => (StatusCodes.Status400BadRequest, Sentence(json)),
        BadHttpRequestException { StatusCode: StatusCodes.Status400BadRequest } bad => (bad.StatusCode, Sentence(bad)),
        BadHttpRequestException bad => (bad.StatusCode, ProblemWriter.Sentence(bad.StatusCode, request)),
        IOperatorError => (StatusCodes.Status503ServiceUnavailable, exception.Message.TrimEnd('.') + "."),
        _ when DatabaseConnection.IsAway(exception) =>
            (StatusCodes.Status503ServiceUnavailable, "The catalog's database does not answer; try again in a while."),
        _ => null,
    };

    private static int Status(RefusalKind kind) => kind switch
    {
        RefusalKind.Unknown => StatusCodes.Status404NotFound,
        RefusalKind.Conflict => StatusCodes.Status409Conflict,
        _ => StatusCodes.Status400BadRequest,
    };

    private static string Fields(string type) => type.EndsWith(nameof(ReplayRequest), StringComparison.Ordinal)
        ? "a replay has from, to and library"
        : "a library has id, name, host, path, include, exclude, kind, backend and watch";

    // Of a parameter of the query the framework tells which type it has here, and repeats its value.
    private static string Sentence(BadHttpRequestException exception) =>
        exception.Message.StartsWith("Failed to bind parameter", StringComparison.Ordinal)
            ? $"The parameter '{exception.Message.Split('"')[1].Split(' ')[^1]}' does not have a value that fits; {ProblemWriter.Contents}"
            : $"{exception.Message.TrimEnd('.')}; {ProblemWriter.Contents}";

    private static string Sentence(JsonException exception)
    {
        string[] parts = exception.Message.Split('\'');
        if (exception.Message.StartsWith("The JSON property '", StringComparison.Ordinal) && parts.Length > 2)
            return $"The field '{ProblemWriter.Shown(parts[1])}' is unknown; {Fields(parts[^2])}.";
        // Where the text itself is broken, the serializer's exception has the reader's inside.
        return exception.Path is { Length: > 2 } path && exception.InnerException is not JsonException
            ? $"The field '{ProblemWriter.Shown(path[2..])}' does not have a value that fits; {ProblemWriter.Contents}"
            : $"The body is not a JSON object that fits; {ProblemWriter.Contents}";
    }
}
