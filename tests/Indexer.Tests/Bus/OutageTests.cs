using System.Net.Sockets;
using WatchPhoto.Hosting;

namespace WatchPhoto.Indexer.Tests.Bus;

public class OutageTests
{
    private readonly Outage _outage = new();

    [Fact]
    public void It_is_said_once_and_once_that_it_is_over()
    {
        Assert.False(_outage.Ends());
        Assert.True(_outage.Begins(new SocketException()));
        Assert.False(_outage.Begins(new IOException("another")));
        Assert.True(_outage.Ends());
        Assert.False(_outage.Ends());
        Assert.True(_outage.Begins(new IOException("again")));
    }

    [Fact]
    public void That_somebody_gave_up_is_no_reason_and_so_the_first_one_is_said_as_well()
    {
        var givenUp = new IOException("the connection failed", new TaskCanceledException());
        Assert.Equal("no answer in time", Outage.ReasonOf(givenUp));
        Assert.True(_outage.Begins(givenUp));
        Assert.False(_outage.Begins(givenUp));
        Assert.True(_outage.Begins(new IOException("inequivalent arg 'x-max-age'")));
        Assert.False(_outage.Begins(givenUp));
        Assert.False(_outage.Begins(new IOException("another")));
        Assert.True(_outage.Ends());
    }
}
