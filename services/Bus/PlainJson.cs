using System.Diagnostics.CodeAnalysis;
using System.Net.Mime;
using System.Runtime.CompilerServices;
using System.Text.Json;
using MassTransit;
using MassTransit.Serialization;

namespace WatchPhoto.Bus;

/// <summary>
/// The bus's own serializer, but a message is read from its bytes at once: that one makes a document of them first and the
/// message of that, which takes twice as long.
/// </summary>
internal class PlainJson : ISerializerFactory, IMessageDeserializer
{
    private readonly SystemTextJsonRawMessageSerializer _serializer = new(RawSerializerOptions.All);

    public ContentType ContentType => _serializer.ContentType;

    public virtual IMessageSerializer CreateSerializer() => _serializer;

    public IMessageDeserializer CreateDeserializer() => this;

    public void Probe(ProbeContext context) => _serializer.Probe(context);

    public ConsumeContext Deserialize(ReceiveContext receiveContext) =>
        new BodyConsumeContext(receiveContext, Deserialize(receiveContext.Body, receiveContext.TransportHeaders, receiveContext.InputAddress));

    public SerializerContext Deserialize(MessageBody body, Headers headers, Uri? destinationAddress = null) =>
        new Message(this, body, headers, destinationAddress);

    public MessageBody GetMessageBody(string text) => _serializer.GetMessageBody(text);

    // What is not read by the one consumer of its queue is not kept either: it fails.
    protected virtual T Read<T>(MessageBody body)
        where T : class =>
        JsonSerializer.Deserialize<T>(body.GetBytes(), SystemTextJsonMessageSerializer.Options) ?? throw new JsonException("The message is null.");

    private sealed class Message(PlainJson plain, MessageBody body, Headers headers, Uri? destination)
        : BaseSerializerContext(SystemTextJsonMessageSerializer.Instance, new RawMessageContext(headers, destination, RawSerializerOptions.All), headers.GetMessageTypes())
    {
        // For what is not about consuming it.
        private SerializerContext Document => field ??= plain._serializer.Deserialize(body, headers, destination);

        public override bool IsSupportedMessageType<T>() => true;

        public override bool IsSupportedMessageType(Type messageType) => true;

        public override bool TryGetMessage<T>([NotNullWhen(true)] out T? message)
            where T : class
        {
            message = plain.Read<T>(body);
            return true;
        }

        public override bool TryGetMessage(Type messageType, [NotNullWhen(true)] out object? message) => Document.TryGetMessage(messageType, out message);

        public override IMessageSerializer GetMessageSerializer() => Document.GetMessageSerializer();

        public override IMessageSerializer GetMessageSerializer<T>(MessageEnvelope envelope, T message) =>
            Document.GetMessageSerializer(envelope, message);

        public override IMessageSerializer GetMessageSerializer(object message, string[] messageTypes) =>
            Document.GetMessageSerializer(message, messageTypes);

        public override Dictionary<string, object> ToDictionary<T>(T? message)
            where T : class => Document.ToDictionary(message);
    }
}

/// <summary>
/// For a bus in memory: a message is handed over as it is, for nobody reads it on its way, and none changes once it is made.
/// Its JSON would be a sixth of a first scan.
/// </summary>
internal sealed class HandedOver : PlainJson
{
    // The transport takes bytes and gives the same array to who receives it: which message it stands for, while it is about.
    private readonly ConditionalWeakTable<byte[], object> _messages = [];

    public override IMessageSerializer CreateSerializer() => new Serializer(base.CreateSerializer(), _messages);

    protected override T Read<T>(MessageBody body) =>
        _messages.TryGetValue(body.GetBytes(), out var message) && message is T handed ? handed : base.Read<T>(body);

    private sealed class Serializer(IMessageSerializer json, ConditionalWeakTable<byte[], object> messages) : IMessageSerializer
    {
        public ContentType ContentType => json.ContentType;

        public MessageBody GetMessageBody<T>(SendContext<T> context)
            where T : class
        {
            // Sets the headers; nothing is serialized before somebody reads that body.
            _ = json.GetMessageBody(context);
            byte[] body = "{}"u8.ToArray();
            messages.Add(body, context.Message);
            return new BytesMessageBody(body);
        }
    }
}
