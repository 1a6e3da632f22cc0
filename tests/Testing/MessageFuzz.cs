using System.Text;
using System.Text.Json;
using CsCheck;
using WatchPhoto.Bus;

namespace WatchPhoto.Testing;

/// <summary>Messages that were right once: parts are cut out, doubled, exchanged, and put in place of others.</summary>
public static class MessageFuzz
{
    private static readonly int s_mutants = 200_000 * Fuzz.Times;
    // Of what the gate takes, so many are taken no further: a database, or a tracker, takes a thousand times as long as the gate.
    private const int TakenNoFurther = 20;

    private static readonly byte[][] s_odd =
    [
        .. new[]
        {
            "null", "[]", "{}", "[null]", "true", "-1", "0", "1", "1.5", "1e308", "-0", "9007199254740992", "9223372036854775807",
            "-9223372036854775808",
            "18446744073709551616", "\"\"", "\"..\"", "\"../x\"", "\"/\"", "\"//%\"", "\"a/b\"", "\"\\u0000\"", "\"\\ud800\"",
            "\"\\u001b[2J\"", "\"created,deleted\"", "\"0\"",
            "\"9999-12-31T23:59:59.9999999Z\"", "\"0001-01-01T00:00:00Z\"", "\"2026-13-01T00:00:00Z\"",
            "\"2026-01-01T00:00:00.999999999999Z\"",
            "\"00000000-0000-0000-0000-000000000000\"", "\"moved\"", "\"watching\"", "\"resync\"", ",", ":", "}", "]", "\"",
            '"' + new string('x', 300) + '"', '"' + new string('x', 30_000) + '"',
            '"' + string.Join('/', Enumerable.Repeat("d", 600)) + '"',
            new string('[', 100) + new string(']', 100),
        }.Select(Encoding.UTF8.GetBytes),
    ];

    private static readonly Gen<(int What, double Place, double Other, int Odd)[]> s_changes =
        Gen.Select(Gen.Int[0, 7], Gen.Double[0, 0.999999], Gen.Double[0, 0.999999], Gen.Int[0, s_odd.Length - 1]).Array[1, 3];

    /// <summary>Passes mutants of a kind of message through the gate.</summary>
    /// <param name="gate">Reads a message, or throws what it refuses one with.</param>
    /// <param name="take">Has some of those that it takes taken by their consumer.</param>
    /// <param name="takeRight">Called after each hundred: a message that is right is taken still.</param>
    public static void Run<TMessage>(
        JsonSerializerOptions options, Func<byte[], TMessage> gate, IReadOnlyList<TMessage> right, Action<TMessage> take, Action takeRight)
        where TMessage : class
    {
        MeasuredAlone.Check();
        byte[][] seeds = [.. right.Select(message => JsonSerializer.SerializeToUtf8Bytes(message, options))];
        foreach (byte[] seed in seeds)
            gate(seed);
        var values = seeds.Select(Values).ToList();
        int done = 0, taken = 0;
        long early = 0;
        Gen.Select(Gen.Int[0, seeds.Length - 1], s_changes).Sample(
            (seed, changes) =>
            {
                byte[] mutant = changes.Aggregate(seeds[seed], (bytes, change) => Change(bytes, values[seed], change));
                if (Read(gate, mutant) is { } message && taken++ % TakenNoFurther == 0)
                    take(message);
                if (++done % 100 == 0)
                    takeRight();
                if (done == s_mutants / 4)
                    early = GC.GetTotalMemory(forceFullCollection: true);
            }, iter: s_mutants, threads: 1);
        long late = GC.GetTotalMemory(forceFullCollection: true);
        Assert.True(taken > s_mutants / 100, $"Of {done} the gate has taken {taken}: nothing was shown.");
        Assert.True(late < early * 1.5 + 16_000_000, $"{early} bytes after a quarter, {late} at the end.");
    }

    // Refused or taken; nothing else comes of it.
    private static TMessage? Read<TMessage>(Func<byte[], TMessage> gate, byte[] json)
        where TMessage : class
    {
        try
        {
            return gate(json);
        }
        catch (Exception exception) when (exception is RefusedMessageException or UnreadableMessageException)
        {
            Assert.InRange(exception.Message.Length, 1, 1000);
            return null;
        }
    }

    private static byte[] Change(byte[] bytes, List<Range> values, (int What, double Place, double Other, int Odd) change)
    {
        // Those of the message before it was changed: after the first change some are somewhere else, which is as good.
        var place = values[(int)(change.Place * values.Count)];
        var other = values[(int)(change.Other * values.Count)];
        if (place.End.Value > bytes.Length || other.End.Value > bytes.Length || bytes.Length == 0)
            return bytes;
        int at = (int)(change.Place * bytes.Length), length = Math.Min(bytes.Length - at, 1 + (int)(change.Other * 40));
        return change.What switch
        {
            0 or 1 or 2 => [.. bytes[..place.Start], .. s_odd[change.Odd], .. bytes[place.End..]],
            3 => [.. bytes[..place.Start], .. bytes[other], .. bytes[place.End..]],
            4 => [.. bytes[..at], .. bytes[(at + length)..]],
            5 => [.. bytes[..(at + length)], .. bytes[at..]],
            6 => [.. bytes[..at], (byte)(bytes[at] ^ (1 << (change.Odd % 8))), .. bytes[(at + 1)..]],
            _ => [.. bytes[..at], .. s_odd[change.Odd], .. bytes[at..]],
        };
    }

    // Numbers, texts, lists and objects, each from its first byte to its last.
    private static List<Range> Values(byte[] json)
    {
        var values = new List<Range>();
        var open = new Stack<int>();
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            int start = (int)reader.TokenStartIndex;
            if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject)
                open.Push(start);
            else if (reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject)
                values.Add(open.Pop()..(int)reader.BytesConsumed);
            else if (reader.TokenType != JsonTokenType.PropertyName)
                values.Add(start..(int)reader.BytesConsumed);
        }

        return values;
    }
}
