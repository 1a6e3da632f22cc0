using System.Buffers.Binary;

namespace WatchPhoto.EndToEnd.Tests.Harness;

/// <summary>Pictures that any program can open: baseline JPEG of grey squares, eight pixels each, the same for the same seed.</summary>
internal static class Jpeg
{
    private const int Block = 8;
    private static readonly byte[] StartOfImage = [0xFF, 0xD8];
    private static readonly byte[] Jfif = [.. "JFIF\0"u8, 1, 1, 0, 0, 1, 0, 1, 0, 0];
    private static readonly byte[] EndOfImage = [0xFF, 0xD9];

    // How many codes there are of each length from 1 to 16 bits, then what they stand for: the standard table of luminance.
    private static readonly byte[] MeanCodes =
        [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, .. Enumerable.Range(0, 12).Select(i => (byte)i)];

    // A square has nothing beside its mean: one code of one bit says so.
    private static readonly byte[] DetailCodes = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    public static byte[] Make(int seed, int width, int height)
    {
        using var jpeg = new MemoryStream();
        jpeg.Write(StartOfImage);
        Segment(jpeg, 0xE0, Jfif);
        Segment(jpeg, 0xDB, [0, .. Enumerable.Repeat((byte)8, 64)]);
        Span<byte> frame = [8, 0, 0, 0, 0, 1, 1, 0x11, 0];
        BinaryPrimitives.WriteUInt16BigEndian(frame[1..], (ushort)height);
        BinaryPrimitives.WriteUInt16BigEndian(frame[3..], (ushort)width);
        Segment(jpeg, 0xC0, frame);
        Segment(jpeg, 0xC4, [0x00, .. MeanCodes]);
        Segment(jpeg, 0xC4, [0x10, .. DetailCodes]);
        Segment(jpeg, 0xDA, [1, 1, 0, 0, 63, 0]);
        jpeg.Write(Squares(new Random(seed), Blocks(width) * Blocks(height)));
        jpeg.Write(EndOfImage);
        return jpeg.ToArray();
    }

    private static int Blocks(int pixels) => (pixels + Block - 1) / Block;

    private static void Segment(MemoryStream jpeg, byte marker, ReadOnlySpan<byte> content)
    {
        Span<byte> head = [0xFF, marker, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(head[2..], (ushort)(content.Length + 2));
        jpeg.Write(head);
        jpeg.Write(content);
    }

    private static byte[] Squares(Random random, int count)
    {
        var bits = new BitWriter();
        int mean = 0;
        for (int i = 0; i < count; i++)
        {
            int next = random.Next(-120, 120);
            Mean(bits, next - mean);
            mean = next;
            bits.Write(0, 1);
        }

        return bits.End();
    }

    // The code of the number of bits of the difference, then these bits; a negative one is written less one.
    private static void Mean(BitWriter bits, int difference)
    {
        int length = 32 - int.LeadingZeroCount(Math.Abs(difference));
        var (code, codeLength) = length switch
        {
            0 => (0, 2),
            <= 5 => (length + 1, 3),
            _ => ((1 << (length - 2)) - 2, length - 2),
        };
        bits.Write(code, codeLength);
        bits.Write((difference < 0 ? difference - 1 : difference) & ((1 << length) - 1), length);
    }

    private sealed class BitWriter
    {
        private readonly List<byte> _bytes = [];
        private int _bits;
        private int _length;

        public void Write(int value, int length)
        {
            for (int i = length - 1; i >= 0; i--)
            {
                _bits = (_bits << 1) | ((value >> i) & 1);
                if (++_length == 8)
                    Flush();
            }
        }

        public byte[] End()
        {
            while (_length > 0)
                Write(1, 1);
            return [.. _bytes];
        }

        private void Flush()
        {
            _bytes.Add((byte)_bits);
            if (_bits == 0xFF)
                _bytes.Add(0); // or it would start a marker
            (_bits, _length) = (0, 0);
        }
    }
}
