using System.Text;
using WatchPhoto.Contracts;

namespace WatchPhoto.Scenarios.Tests.Histories;

internal enum Verb
{
    Mkdir,

    /// <summary>Created or emptied, written, closed.</summary>
    Write,
    Append,

    /// <summary>A file is made that nobody opens: nothing is closed.</summary>
    Mknod,

    /// <summary>Written before it has a name: nothing is closed under it.</summary>
    WriteUnnamed,

    /// <summary>Cut or lengthened by its name: nothing is closed.</summary>
    Truncate,

    /// <summary>A file is opened for writing, created if need be, and stays open.</summary>
    Open,
    WriteOpen,
    Close,

    /// <summary>A file or directory, over whatever a rename replaces.</summary>
    Rename,
    Exchange,
    Link,
    Symlink,
    Unlink,
    Rmdir,

    /// <summary>With all below.</summary>
    Remove,

    /// <summary>Modification time set.</summary>
    Touch,

    /// <summary>Nobody may list or enter the directory.</summary>
    Lock,
    Unlock,
    Mount,
    Unmount,
}

/// <summary>
/// One step of a history. Paths are relative to the world's root; they are bytes, each a character here (Latin-1), so that
/// they can be compared and used as keys.
/// </summary>
internal readonly record struct Operation(Verb Verb, string Path, string Target = "", long Number = 0)
{
    public override string ToString()
    {
        var text = new StringBuilder(Verb.ToString().ToLowerInvariant()).Append(' ').Append(Show(Path));
        if (Target.Length > 0)
            text.Append(' ').Append(Show(Target));
        if (Number != 0)
            text.Append(' ').Append(Number);
        return text.ToString();
    }

    private static string Show(string path) =>
        PhotoPath.Encode(Encoding.Latin1.GetBytes(path)).Replace("\n", "\\n", StringComparison.Ordinal);
}
