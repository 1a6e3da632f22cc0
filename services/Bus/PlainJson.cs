using System.Diagnostics.CodeAnalysis;
using System.Net.Mime;
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

    /// <inheritdoc cref="Gate.Read"/>
    protected virtual TMessage Read<TMessage>(MessageBody body)
        where TMessage : class
    {
        // Before it is copied.
        Gate.CheckSize<TMessage>(body.Length ?? 0);
        return Gate.Read<TMessage>(body.GetBytes());
    }

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
            // What is not read by the one consumer of its queue is not kept either: it fails.
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
