using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using WatchPhoto.Hosting;

namespace WatchPhoto.Indexer.Tests;

/// <summary>What keeps a service from starting is one sentence with the remedy.</summary>
public sealed class RefusedStartTests
{
    [Theory]
    [InlineData("mongodb://h/?nonsense=1")]
    [InlineData("mongodb://user:secret@h/x?nonsense=1")]
    [InlineData("mongodb://h:port/")]
    [InlineData("mongodb://h/?maxPoolSize=many")]
    [InlineData("mongodb://h/?connectTimeoutMS=-5&maxPoolSize=-1")]
    [InlineData("mongodb://h/?w=-1")]
    [InlineData("mongodb://h/?authMechanism=NOPE")]
    [InlineData("mongodb://user:secret@h/?authSource=%zz")]
    [InlineData("mongodb://h/a b?replicaSet")]
    [InlineData("mongodb://h1,h2/?directConnection=true")]
    [InlineData("mongodb://h/?tls=perhaps")]
    [InlineData("mongodb+srv://a/")]
    [InlineData("nonsense")]
    public void A_URL_that_MongoDB_does_not_know_is_refused_or_taken_but_never_repeated(string url)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?> { ["ConnectionStrings:MongoDb"] = url, ["ConnectionStrings:Sqlite"] = "" });
        if (Record.Exception(() => builder.AddIndexer()) is not { } refused)
            return;
        string? sentence = Service.Sentence(refused);
        Assert.NotNull(sentence);
        Assert.Contains("must be a URL such as", sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mongodb://user:secret@h/?authMechanism=NOPE")]
    [InlineData("mongodb://h/?maxPoolSize=many")]
    [InlineData("nonsense")]
    public void A_URL_with_options_that_cannot_be_is_refused(string url)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?> { ["ConnectionStrings:MongoDb"] = url, ["ConnectionStrings:Sqlite"] = "" });
        Assert.Contains("options", Service.Sentence(Record.Exception(() => builder.AddIndexer())!), StringComparison.Ordinal);
    }

    [Fact]
    public void A_clock_before_1970_is_said_with_what_helps()
    {
        Assert.Null(Clock.ProblemAt(DateTimeOffset.UtcNow));
        Assert.Contains(
            "1965-03-01, before 1970: set it right", Clock.ProblemAt(new DateTimeOffset(1965, 3, 1, 0, 0, 0, TimeSpan.Zero)),
            StringComparison.Ordinal);
    }
}
