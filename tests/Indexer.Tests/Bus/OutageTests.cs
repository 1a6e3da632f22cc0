using System.Net.Sockets;
using WatchPhoto.Hosting;

namespace WatchPhoto.Indexer.Tests.Bus;

public class OutageTests
{
    private readonly Outage _outage = new();

    [Fact]
    public void It_is_said_once_and_once_that_it_is_over()
    {
        Assert.False(_outage.TryEnd());
        Assert.True(_outage.TryBegin(new SocketException()));
        Assert.False(_outage.TryBegin(new IOException("another")));
        Assert.True(_outage.TryEnd());
        Assert.False(_outage.TryEnd());
        Assert.True(_outage.TryBegin(new IOException("again")));
    }

    [Fact]
    public void That_somebody_gave_up_is_no_reason_and_so_the_first_one_is_said_as_well()
    {
        var givenUp = new IOException("the connection failed", new TaskCanceledException());
        Assert.Equal("no answer in time", Outage.ReasonOf(givenUp));
        Assert.True(_outage.TryBegin(givenUp));
        Assert.False(_outage.TryBegin(givenUp));
        Assert.True(_outage.TryBegin(new IOException("inequivalent arg 'x-max-age'")));
        Assert.False(_outage.TryBegin(givenUp));
        Assert.False(_outage.TryBegin(new IOException("another")));
        Assert.True(_outage.TryEnd());
    }
}
