using System.Text.Json;

namespace WatchPhoto.Bus;

/// <summary>What a queue gave is no message of its kind: one sentence says what it lacks.</summary>
internal sealed class UnreadableMessageException(string reason) : Exception(RefusedMessageException.Bounded(reason))
{
    // The serializer often does not say the place.
    public static UnreadableMessageException Of<TMessage>(byte[] body, JsonException exception)
    {
        if (body.Length == 0)
            return new("The message is empty.");
        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
                return new("The message is JSON, but not an object.");
        }
        catch (JsonException e)
        {
            return new($"The message is not JSON: {e.Message.Split(" LineNumber:")[0]}");
        }

        string place = exception.Path is null or "$" ? "it" : exception.Path[2..];
        return new(MissingFields(exception) is { } missing
            ? $"The message is no {typeof(TMessage).Name}: {place} lacks {missing}."
            : $"The message is no {typeof(TMessage).Name}: {place} does not have a value that fits.");
    }

    // The serializer tells the names in its text alone.
    private static string? MissingFields(JsonException exception)
    {
        const string Introduction = "missing required properties including: ";
        int start = exception.Message.IndexOf(Introduction, StringComparison.Ordinal);
        return start < 0 ? null : exception.Message[(start + Introduction.Length)..].Split('.')[0];
    }
}
