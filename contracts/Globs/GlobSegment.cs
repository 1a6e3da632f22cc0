using System.Text;

namespace WatchPhoto.Contracts;

/// <summary>
/// What a glob says of one name. A star takes as little as will do and is never asked for more than once a character, so a
/// name costs its length times that of the glob at most.
/// </summary>
public sealed class GlobSegment
{
    private readonly StringComparison _comparison;
    private readonly Token[] _tokens;
    private readonly string? _start;
    private readonly string? _end;

    private GlobSegment(Token[] tokens, bool ignoreCase)
    {
        _tokens = tokens;
        _comparison = ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        // Nearly every glob has one star at most: then a name is compared with what is before it and behind it.
        int star = Array.FindIndex(tokens, token => token.Kind == TokenKind.Star);
        if (!tokens.Where((token, index) => index != star).All(token => token.Kind == TokenKind.Letter))
            return;
        _start = Letters(star < 0 ? tokens : tokens[..star]);
        _end = star < 0 ? null : Letters(tokens[(star + 1)..]);
    }

    /// <summary>Any name.</summary>
    public static GlobSegment Anything { get; } = new([new(TokenKind.Star)], ignoreCase: false);

    /// <summary>Whether it matches any name.</summary>
    public bool IsAnything => _start is "" && _end is "";

    /// <summary>The name, if it matches one only; escapes are taken out.</summary>
    public string? Name => _end is null ? _start : null;

    /// <summary>Of <c>*.jpg</c> it is <c>jpg</c>; null: it is of another form.</summary>
    public string? Extension => _start is "" && _end is ['.', .. var extension] && !extension.Contains('.') ? extension : null;

    /// <summary>Linear in the name.</summary>
    public bool IsMatch(ReadOnlySpan<char> name) =>
        _start is null ? MatchTokens(name)
        : _end is null ? name.Equals(_start, _comparison)
        : name.Length >= _start.Length + _end.Length && name.StartsWith(_start, _comparison) && name.EndsWith(_end, _comparison);

    /// <exception cref="FormatException"/>
    internal static GlobSegment Parse(string text, string glob, bool ignoreCase)
    {
        var tokens = new List<Token>();
        for (int i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '*' when tokens is [.., { Kind: TokenKind.Star }]:
                    break;
                case '*':
                    tokens.Add(new(TokenKind.Star));
                    break;
                case '?':
                    tokens.Add(new(TokenKind.Any));
                    break;
                case '[':
                    int end = GlobCharacters.End(text, i, glob);
                    tokens.Add(new(TokenKind.OneOf, Characters: GlobCharacters.Parse(text.AsSpan(i..(end + 1)), glob)));
                    i = end;
                    break;
                case '\\':
                    tokens.Add(new(TokenKind.Letter, text[++i]));
                    break;
                default:
                    tokens.Add(new(TokenKind.Letter, text[i]));
                    break;
            }
        }

        return new GlobSegment([.. tokens], ignoreCase);
    }

    private static string Letters(Token[] tokens) => string.Concat(tokens.Select(token => token.Letter));

    // What a star took before another star never need be taken back: with less, nothing behind could match that does not now.
    private bool MatchTokens(ReadOnlySpan<char> name)
    {
        int token = 0, at = 0, star = -1, starEnds = 0;
        while (at < name.Length)
        {
            if (token < _tokens.Length)
            {
                if (_tokens[token].Kind == TokenKind.Star)
                {
                    (star, starEnds) = (++token, at);
                    if (token == _tokens.Length)
                        return true;
                    continue;
                }

                int taken = Take(_tokens[token], name[at..]);
                if (taken > 0)
                {
                    token++;
                    at += taken;
                    continue;
                }
            }

            if (star < 0)
                return false;
            starEnds += LengthOfFirst(name[starEnds..]);
            (token, at) = (star, starEnds);
        }

        return token == _tokens.Length || (token == _tokens.Length - 1 && _tokens[token].Kind == TokenKind.Star);
    }

    // How many characters of the name it is; zero: none.
    private int Take(in Token token, ReadOnlySpan<char> name)
    {
        switch (token.Kind)
        {
            case TokenKind.Letter:
                return name[0] == token.Letter || (_comparison == StringComparison.OrdinalIgnoreCase
                    && char.ToUpperInvariant(name[0]) == char.ToUpperInvariant(token.Letter)) ? 1 : 0;
            case TokenKind.Any:
                return LengthOfFirst(name);
            default:
                Rune.DecodeFromUtf16(name, out var rune, out int length);
                return token.Characters!.Contains(rune, _comparison == StringComparison.OrdinalIgnoreCase) ? length : 0;
        }
    }

    private static int LengthOfFirst(ReadOnlySpan<char> name) => name.Length > 1 && char.IsSurrogatePair(name[0], name[1]) ? 2 : 1;

    private enum TokenKind
    {
        Letter,
        Any,
        OneOf,
        Star,
    }

    private readonly record struct Token(TokenKind Kind, char Letter = default, GlobCharacters? Characters = null);
}
