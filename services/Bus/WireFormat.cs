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
    public static void UsePlainJson(this IBusFactoryConfigurator bus) => bus.Use(new PlainJson());

    /// <summary>The same, but what is published is handed over as it is.</summary>
    public static void HandOver(this IBusFactoryConfigurator bus) => bus.Use(new HandedOver());

    private static void Use(this IBusFactoryConfigurator bus, PlainJson json)
    {
        bus.ClearSerialization();
        bus.AddSerializer(json);
        bus.AddDeserializer(json, isDefault: true);
        bus.ConfigureJsonSerializerOptions(Strict);
    }

    public static JsonSerializerOptions Strict(JsonSerializerOptions options) => new(options)
    {
        WriteIndented = false,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.Strict,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false,
    };
}
