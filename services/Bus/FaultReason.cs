using MassTransit;
using WatchPhoto.Contracts;

namespace WatchPhoto.Bus;

/// <summary>
/// Says in one sentence why a message failed: in the log, and in the header that the error queue shows of it. All headers of a
/// message travel in one frame, and one that does not fit closes the connection; the message would come back for ever.
/// </summary>
internal sealed class FaultReason(Refusals refusals, bool isKept) : IFilter<ExceptionReceiveContext>
{
    // A frame has 128 KiB; ours are few, and short.
    private const int MostHeaderBytes = 64 * 1024;
    private const int LongestStack = 8000;

    // What is put aside is sent again, which takes its bytes once or twice more: of those beyond the bounds, whose sum nobody
    // bounds, one at a time.
    private static readonly SemaphoreSlim s_large = new(1);

    public async Task Send(ExceptionReceiveContext context, IPipe<ExceptionReceiveContext> next)
    {
        var exception = context.Exception.GetBaseException();
        string reason = RefusedMessageException.Bounded(exception.Message);
        context.ExceptionHeaders.Set(MessageHeaders.FaultMessage, reason);
        // Where it was refused says nothing that the reason does not.
        bool isRefused = exception is RefusedMessageException or UnreadableMessageException;
        context.ExceptionHeaders.Set(MessageHeaders.FaultStackTrace, isRefused ? "" : RefusedMessageException.Cut(exception.StackTrace ?? "", LongestStack));
        if (isKept && context.TryGetPayload(out RabbitMqBasicConsumeContext? rabbit) && rabbit.Properties.Headers is { } headers)
            Trim(headers);
        refusals.Refused(context.InputAddress.Segments[^1], reason, isKept);
        if (!isKept || context.Body.Length <= MessageBounds.MostBytes)
        {
            await next.Send(context);
            return;
        }

        await s_large.WaitAsync(context.CancellationToken);
        try
        {
            await next.Send(context);
        }
        finally
        {
            s_large.Release();
        }
    }

    public void Probe(ProbeContext context) => context.CreateFilterScope("faultReason");

    // The longest go first. A person who moves the message back does not need them.
    private static void Trim(IDictionary<string, object?> headers)
    {
        var lengths = headers.Select(header => (header.Key, Bytes: header.Key.Length + Length(header.Value))).OrderByDescending(header => header.Bytes).ToList();
        long all = lengths.Sum(header => header.Bytes);
        foreach (var (key, bytes) in lengths)
        {
            if (all <= MostHeaderBytes)
                return;
            headers.Remove(key);
            all -= bytes;
        }
    }

    private static long Length(object? value) => value switch
    {
        byte[] bytes => bytes.Length,
        string text => text.Length * 3L,
        IDictionary<string, object?> table => table.Sum(item => item.Key.Length + Length(item.Value)),
        System.Collections.IEnumerable list => list.Cast<object?>().Sum(Length),
        _ => 16,
    };
}
