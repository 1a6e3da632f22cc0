using System.Net.Mime;
using System.Runtime.CompilerServices;
using MassTransit;

namespace WatchPhoto.Bus;

/// <summary>
/// For a bus in memory: a message is handed over as it is, for nobody reads it on its way, and none changes once it is made.
/// To write and read its JSON would be a sixth of what an import costs.
/// </summary>
internal sealed class HandedOver : PlainJson
{
    // The transport takes bytes and gives the same array to who receives it: which message it stands for, while it is about.
    private readonly ConditionalWeakTable<byte[], object> _messages = [];

    public override IMessageSerializer CreateSerializer() => new Serializer(base.CreateSerializer(), _messages);

    protected override TMessage Read<TMessage>(MessageBody body) =>
        _messages.TryGetValue(body.GetBytes(), out var message) && message is TMessage handed
            ? Gate.Check(handed)
            : throw new UnreadableMessageException($"There is no {typeof(TMessage).Name} behind a message in memory.");

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
