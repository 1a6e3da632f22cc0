namespace WatchPhoto.Watcher.Kernel;

/// <summary>A name with the NUL that the kernel wants, on the stack where it fits.</summary>
internal ref struct CString
{
    public const int StackSize = 512;

    private readonly Span<byte> _bytes;

    /// <param name="stack">At least <see cref="StackSize"/> bytes.</param>
    public CString(ReadOnlySpan<byte> name, Span<byte> stack)
    {
        _bytes = name.Length < stack.Length ? stack[..(name.Length + 1)] : new byte[name.Length + 1];
        name.CopyTo(_bytes);
        _bytes[name.Length] = 0;
    }

    public readonly ref readonly byte GetPinnableReference() => ref _bytes.GetPinnableReference();
}
