using System.Runtime.InteropServices;
using System.Text;

namespace WatchPhoto.Hosting;

/// <summary>
/// Standard output and standard error, wherever they lead: to a disk that is full, to a program that has ended, or nowhere.
/// What cannot be written there is left out, and that is said once on the other one; the program goes on.
/// </summary>
public static partial class StandardStreams
{
    private const int Output = 1;
    private const int Error = 2;

    private const int GetFlags = 1; // F_GETFD
    private const int CloseOnExec = 1; // FD_CLOEXEC
    private const int ReadWrite = 2; // O_RDWR

    /// <summary>To be called before anything is written, and once.</summary>
    public static void Guard()
    {
        // The lowest free number is taken: none of the three is left for a file that would then be written to.
        for (int descriptor = 0; descriptor <= Error; descriptor++)
        {
            if (fcntl(descriptor, GetFlags, 0) < 0)
                _ = open("/dev/null", ReadWrite);
        }

        var output = new Forgiving(IsGiven(Output) ? Console.Out : TextWriter.Null, "Standard output");
        var error = new Forgiving(IsGiven(Error) ? Console.Error : TextWriter.Null, "Standard error");
        (output.Other, error.Other) = (error, output);
        Console.SetOut(output);
        Console.SetError(error);
    }

    // What a process is given stays open when it is started, what the runtime has opened since does not: one that was
    // closed is by now something of the runtime's own.
    private static bool IsGiven(int descriptor) => (fcntl(descriptor, GetFlags, 0) & CloseOnExec) == 0;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int descriptor, int command, int argument);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    private sealed class Forgiving(TextWriter inner, string name) : TextWriter
    {
        // Until something can be written again.
        private bool _failed;

        public Forgiving? Other { get; set; }

        public override Encoding Encoding => inner.Encoding;

        public override void Write(char value) => Try(writer => writer.Write(value));

        public override void Write(char[] buffer, int index, int count) => Try(writer => writer.Write(buffer, index, count));

        public override void Write(ReadOnlySpan<char> buffer) => Write(buffer.ToString());

        public override void Write(string? value) => Try(writer => writer.Write(value));

        // In one piece, whoever else writes.
        public override void WriteLine(string? value) => Try(writer => writer.WriteLine(value));

        public override void Flush() => Try(writer => writer.Flush());

        private void Try(Action<TextWriter> write)
        {
            try
            {
                write(inner);
                _failed = false;
            }
            // Not permitted is what .NET makes of a descriptor that is not for writing.
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ObjectDisposedException)
            {
                if (_failed)
                    return;
                _failed = true;
                if (Other is { _failed: false })
                    Other.WriteLine($"{name} cannot be written to ({exception.Message.TrimEnd('.')}): what belongs there is left out, and all else goes on.");
            }
        }
    }
}
