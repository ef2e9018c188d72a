using System.Buffers.Binary;
using System.Text;

namespace Edge.Core.Feedback;

/// <summary>Takes values off the front of bytes that may be anything. Once something did not fit, every further take fails too.</summary>
internal ref struct ByteReader(ReadOnlySpan<byte> bytes)
{
    // Malformed UTF-8 must not turn into other characters: what is read back would have another digest.
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool AtEnd => _rest.IsEmpty;

    public readonly ReadOnlySpan<byte> Rest => _rest;

    public bool TryByte(out byte value)
    {
        value = 0;
        if (_rest.IsEmpty)
            return false;
        value = _rest[0];
        _rest = _rest[1..];
        return true;
    }

    public bool TryUInt64(out ulong value)
    {
        if (!BinaryPrimitives.TryReadUInt64BigEndian(_rest, out value))
            return false;
        _rest = _rest[sizeof(ulong)..];
        return true;
    }

    /// <summary>An unsigned LEB128 number: seven bits a byte, low ones first; no longer than it must be.</summary>
    public bool TryVarint(out ulong value)
    {
        value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            if (!TryByte(out byte part))
                return false;
            if (shift == 63 && part > 1)
                return false;
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
                return part != 0 || shift == 0;
        }
        return false;
    }

    /// <summary>A signed number: zigzag, then LEB128.</summary>
    public bool TryZigzag(out long value)
    {
        bool read = TryVarint(out ulong raw);
        value = (long)(raw >> 1) ^ -(long)(raw & 1);
        return read;
    }

    public bool TryText(int maxBytes, out string text)
    {
        text = "";
        if (!TryVarint(out ulong length) || length > (ulong)maxBytes || length > (ulong)_rest.Length)
            return false;
        try
        {
            text = StrictUtf8.GetString(_rest[..(int)length]);
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
        _rest = _rest[(int)length..];
        return true;
    }

    public bool TryBytes(int length, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (length < 0 || length > _rest.Length)
            return false;
        value = _rest[..length];
        _rest = _rest[length..];
        return true;
    }
}
