using System.Text;
using WatchPhoto.Bus;
using WatchPhoto.Contracts;

namespace WatchPhoto.Indexer.Tests.Bus;

/// <summary>What each kind of message must be before anybody acts on it.</summary>
public sealed class GateTests
{
    private const string Id = "0198c5a7-7a3c-7d4e-9a55-1f0e6d2b8c11";
    private const string Part =
        $$$"""{"libraryId":"photos","stateId":"{{{Id}}}","entries":"""
            + $$$"""[{"path":"a","photoId":"{{{Id}}}","version":7,"file":"""
            + $$$"""{"size":1,"modifiedAt":"2026-01-02T03:04:05Z","inode":"1"}}],"isLast":true,"highestVersion":7}""";
    private const string Report =
        $$$"""{"host":"nas","stateId":"{{{Id}}}","runId":"{{{Id}}}","sentAt":"2026-01-02T03:04:05Z","watchesUsed":"""
            + $$$"""1,"watchesLimit":2,"pendingOutbox":0,"libraries":"""
            + $$$"""[{"libraryId":"photos","epoch":1,"state":"watching","entries":1,"directories":1,"proof":"""
            + $$$"""{"version":7,"count":1,"digest":"5"}}],"refused":[]}""";
    private const string Announced =
        $$$"""{"catalogId":"{{{Id}}}","revision":1,"libraries":"""
            + """[{"id":"photos","name":"Photos","host":"nas","path":"/srv/photos","watch":"auto","epoch":1,"highestVersion":7}]"""
            + $$$""","hosts":[{"host":"nas","stateId":"{{{Id}}}"}]}""";
    private const string Events =
        $$$"""{"libraryId":"photos","epoch":1,"host":"nas","events":[{"kind":"deleted","version":7,"path":"a"}],"proof":"""
            + $$$"""{"version":7,"count":1,"digest":"5","floor":3}}""";

    /// <summary>A message that is right, what is put in place of what, and what is then said of it.</summary>
    public static TheoryData<string, string, string, string> Wrong
    {
        get
        {
            var rows = new TheoryData<string, string, string, string>();
            void Add(string kind, string part, string instead, string reason) => rows.Add(kind, part, instead, reason);
            Add(nameof(FileEvents), "\"photos\"", $"\"{new string('x', 65)}\"", "The libraryId has 65 characters; the longest has 64.");
            Add(nameof(FileEvents), "\"nas\"", $"\"{new string('x', 256)}\"", "The host has 256 characters; the longest name has 255.");
            Add(nameof(FileEvents), "\"nas\"", "\"n\\u001bas\"", "The host has control characters.");
            Add(nameof(FileEvents), "\"a\"", $"\"{new string('x', 8193)}\"", "events[0] has a path that is longer than 8192 bytes.");
            Add(
                nameof(FileEvents), "\"a\"", $"\"{string.Concat(Enumerable.Repeat("照", 2731))}\"",
                "events[0] has a path that is longer than 8192 bytes.");
            Add(
                nameof(FileEvents), "\"a\"", $"\"{string.Join('/', Enumerable.Repeat("d", 513))}\"",
                "events[0] has a path that has more than 512 components.");
            Add(nameof(FileEvents), "\"deleted\"", "2", "The message is no FileEvents: events[0].kind does not have a value that fits.");
            Add(
                nameof(FileEvents), "\"deleted\"", "\"created,deleted\"",
                "The message is no FileEvents: events[0].kind does not have a value that fits.");
            Add(
                nameof(FileEvents), "\"deleted\"", "\"Deleted\"",
                "The message is no FileEvents: events[0].kind does not have a value that fits.");
            Add(
                nameof(FileEvents), "\"version\":7,\"count\"", "\"version\":9007199254740992,\"count\"",
                "The proof has the version 9007199254740992; versions are microseconds since 1970.");
            Add(nameof(FileEvents), "\"floor\":3", "\"floor\":8", "The proof has the floor 8, which is not between 0 and its version 7.");
            Add(nameof(FileEvents), "\"count\":1", "\"count\":-1", "The proof has -1 entries.");
            Add(nameof(FileEvents), "\"count\":1", "\"count\":0", "The proof has a digest that 0 entries cannot have.");
            Add(nameof(WatcherReport), "[{\"libraryId\"", "[null,{\"libraryId\"", "libraries[0] is null.");
            Add(nameof(WatcherReport), "\"refused\":[]", "\"refused\":[null]", "refused[0] is null.");
            Add(
                nameof(WatcherReport), "\"watching\"", "2",
                "The message is no WatcherReport: libraries[0].state does not have a value that fits.");
            Add(nameof(WatcherReport), "\"nas\"", "\"\"", "The host is empty.");
            Add(nameof(WatcherReport), "\"photos\"", "\"\"", "libraries[0]: The libraryId is empty.");
            Add(
                nameof(WatcherReport), "\"version\":7", "\"version\":9007199254740992",
                "libraries[0]: The proof has the version 9007199254740992; versions are microseconds since 1970.");
            Add(nameof(LibrariesAnnounced), "[{\"id\"", "[null,{\"id\"", "libraries[0] is null.");
            Add(nameof(LibrariesAnnounced), "[{\"host\"", "[null,{\"host\"", "hosts[0] is null.");
            Add(
                nameof(LibrariesAnnounced), "\"auto\"", "1",
                "The message is no LibrariesAnnounced: libraries[0].watch does not have a value that fits.");
            Add(
                nameof(LibrariesAnnounced), "\"highestVersion\":7", "\"highestVersion\":9007199254740992",
                "libraries[0]: The highestVersion is 9007199254740992; versions are microseconds since 1970.");
            Add(nameof(CatalogPart), "[{\"path\"", "[null,{\"path\"", "entries[0] is null.");
            Add(nameof(CatalogPart), "\"a\"", "\"../a\"", "entries[0]: The path is a path that has the component '..'.");
            Add(nameof(CatalogPart), "true", "false,\"after\":\"a\"", "The part is not the last, and leads no further.");
            Add(
                nameof(CatalogPart), "\"highestVersion\":7", "\"highestVersion\":9007199254740992",
                "The highestVersion is 9007199254740992; versions are microseconds since 1970.");
            return rows;
        }
    }

    [Theory]
    [InlineData("There is no library '\u001b[2J\n'.", "There is no library '\\u001B[2J\\u000A'.")]
    [InlineData("plain", "plain")]
    public void A_reason_is_one_printable_line(string reason, string said) =>
        Assert.Equal(said, new RefusedMessageException(reason).Message);

    [Fact]
    public void A_reason_is_as_long_as_a_header_may_be()
    {
        Assert.Equal(500, new RefusedMessageException(new string('x', 200_000)).Message.Length);
        Assert.Equal(500, new RefusedMessageException(new string('\u001b', 400)).Message.Length);
    }

    [Theory, MemberData(nameof(Wrong))]
    public void What_nobody_could_mean_is_refused_with_a_sentence(string kind, string part, string instead, string reason)
    {
        string right = kind switch
        {
            nameof(FileEvents) => Events, nameof(WatcherReport) => Report, nameof(LibrariesAnnounced) => Announced, _ => Part,
        };
        Read(kind, right);
        string wrong = right.Replace(part, instead, StringComparison.Ordinal);
        Assert.NotEqual(right, wrong);
        Assert.Equal(reason, Assert.ThrowsAny<Exception>(() => Read(kind, wrong)).Message);
    }

    [Fact]
    public void What_is_too_large_is_refused_before_it_is_read()
    {
        var refused = Assert.Throws<RefusedMessageException>(() => Gate.Read<FileEvents>(new byte[MessageBounds.MostBytes + 1]));
        Assert.Equal("The message has 1048577 bytes; a FileEvents has 1048576 at most.", refused.Message);
    }

    private static object Read(string kind, string json)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(json);
        return kind switch
        {
            nameof(FileEvents) => Gate.Read<FileEvents>(bytes),
            nameof(WatcherReport) => Gate.Read<WatcherReport>(bytes),
            nameof(LibrariesAnnounced) => Gate.Read<LibrariesAnnounced>(bytes),
            _ => Gate.Read<CatalogPart>(bytes),
        };
    }
}
