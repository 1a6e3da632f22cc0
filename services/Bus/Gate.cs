using System.Text.Json;
using MassTransit.Serialization;
using WatchPhoto.Contracts;

namespace WatchPhoto.Bus;

/// <summary>What every message passes before anybody acts on it: its size, its shape, and what it says of itself.</summary>
internal static class Gate
{
    public static readonly JsonSerializerOptions Options = WireFormat.Strict(SystemTextJsonMessageSerializer.Options);

    /// <exception cref="RefusedMessageException">It is too large to be read. So it stays unread.</exception>
    public static void CheckSize<TMessage>(long bytes)
    {
        int most = MessageBounds.MostBytesOf(typeof(TMessage));
        if (bytes > most)
            throw new RefusedMessageException($"The message has {bytes} bytes; a {typeof(TMessage).Name} has {most} at most.");
    }

    /// <exception cref="UnreadableMessageException">It is none.</exception>
    /// <exception cref="RefusedMessageException">It is one, but not one that anybody could mean.</exception>
    public static TMessage Read<TMessage>(byte[] json)
        where TMessage : class => Check(Parse<TMessage>(json));

    /// <summary>Size and shape alone: what it says of itself is for whoever reads it to ask.</summary>
    /// <inheritdoc cref="Read" path="/exception"/>
    public static TMessage Parse<TMessage>(byte[] json)
        where TMessage : class
    {
        CheckSize<TMessage>(json.Length);
        try
        {
            return JsonSerializer.Deserialize<TMessage>(json, Options) ?? throw new JsonException();
        }
        catch (JsonException e)
        {
            throw UnreadableMessageException.Of<TMessage>(json, e);
        }
    }

    /// <inheritdoc cref="Read" path="/exception"/>
    public static TMessage Check<TMessage>(TMessage message)
        where TMessage : class =>
        (message as IMessage)?.Problem() is { } problem ? throw new RefusedMessageException(problem) : message;
}
