using System.Text.Json;
using MassTransit;
using MassTransit.Serialization;
using Microsoft.Extensions.Logging;

namespace WatchPhoto.Bus;

/// <summary>
/// Says in one sentence why a message failed: in the log, and in the header that the error queue shows of it.
/// </summary>
internal sealed partial class FaultReason<TMessage>(ILogger logger, bool isKept) : IFilter<ExceptionReceiveContext>
    where TMessage : class
{
    public Task Send(ExceptionReceiveContext context, IPipe<ExceptionReceiveContext> next)
    {
        string reason = Problem(context.Body.GetBytes()) ?? context.Exception.GetBaseException().Message;
        context.ExceptionHeaders.Set(MessageHeaders.FaultMessage, reason);
        // What is not kept is said again in seconds, and so would be its failure.
        LogFault(isKept ? LogLevel.Warning : LogLevel.Debug, context.InputAddress.Segments[^1], reason);
        return next.Send(context);
    }

    public void Probe(ProbeContext context) => context.CreateFilterScope("faultReason");

    // The bus tells of a body that is no such message in the words of whatever stumbled over it, often without the place.
    private static string? Problem(byte[] body)
    {
        if (body.Length == 0)
            return "The message is empty.";
        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
                return "The message is JSON, but not an object.";
        }
        catch (JsonException e)
        {
            return $"The message is not JSON: {e.Message.Split(" LineNumber:")[0]}";
        }

        try
        {
            JsonSerializer.Deserialize<TMessage>(body, SystemTextJsonMessageSerializer.Options);
            return null;
        }
        catch (JsonException e)
        {
            string place = e.Path is null or "$" ? "it" : e.Path[2..];
            return MissingFields(e) is { } missing
                ? $"The message is no {typeof(TMessage).Name}: {place} lacks {missing}."
                : $"The message is no {typeof(TMessage).Name}: {place} does not have a value that fits.";
        }
    }

    // The serializer tells the names in its text alone.
    private static string? MissingFields(JsonException exception)
    {
        const string Introduction = "missing required properties including: ";
        int start = exception.Message.IndexOf(Introduction, StringComparison.Ordinal);
        return start < 0 ? null : exception.Message[(start + Introduction.Length)..].Split('.')[0];
    }

    [LoggerMessage("A message in {Queue} failed: {Reason}")]
    partial void LogFault(LogLevel level, string queue, string reason);
}
