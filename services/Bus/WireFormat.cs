using System.Net.Mime;
using System.Text.Json;
using System.Text.Json.Serialization;
using MassTransit;

namespace WatchPhoto.Bus;

/// <summary>
/// Messages are plain JSON without an envelope, so that a person can read, write and replay them. What lacks a
/// required field, or says null where there must be a value, is no message.
/// </summary>
internal static class WireFormat
{
    public static void UsePlainJson(this IBusFactoryConfigurator bus)
    {
        bus.ClearSerialization();
        var json = new PlainJson();
        bus.AddSerializer(json);
        bus.AddDeserializer(json, isDefault: true);
        bus.ConfigureJsonSerializerOptions(options => new JsonSerializerOptions(options)
        {
            WriteIndented = false,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            NumberHandling = JsonNumberHandling.Strict,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            AllowDuplicateProperties = false,
        });
    }

    /// <summary>Sends this in place of what the serializer would make of the message; its headers stay.</summary>
    public static void UseBody(this SendContext context, byte[]? json)
    {
        if (json is not null)
            context.Serializer = new Prepared(context.Serializer, json);
    }

    private sealed class Prepared(IMessageSerializer serializer, byte[] json) : IMessageSerializer
    {
        public ContentType ContentType => serializer.ContentType;

        public MessageBody GetMessageBody<T>(SendContext<T> context)
            where T : class
        {
            // Sets the headers; nothing is serialized before somebody reads that body.
            _ = serializer.GetMessageBody(context);
            return new BytesMessageBody(json);
        }
    }
}
