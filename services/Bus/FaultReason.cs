using MassTransit;
using Microsoft.Extensions.Logging;

namespace WatchPhoto.Bus;

/// <summary>
/// Says in one sentence why a message failed: in the log, and in the header that the error queue shows of it.
/// </summary>
internal sealed partial class FaultReason(ILogger<FaultReason> log, bool isKept) : IFilter<ExceptionReceiveContext>
{
    public Task Send(ExceptionReceiveContext context, IPipe<ExceptionReceiveContext> next)
    {
        string reason = context.Exception.GetBaseException().Message;
        context.ExceptionHeaders.Set(MessageHeaders.FaultMessage, reason);
        // What is not kept is said again in seconds, and so would be its failure.
        LogFault(isKept ? LogLevel.Warning : LogLevel.Debug, context.InputAddress.Segments[^1], reason);
        return next.Send(context);
    }

    public void Probe(ProbeContext context) => context.CreateFilterScope("faultReason");

    [LoggerMessage("A message in {Queue} failed: {Reason}")]
    partial void LogFault(LogLevel level, string queue, string reason);
}
