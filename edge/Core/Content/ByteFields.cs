namespace Edge.Core.Content;

/// <summary>Takes fields off the front of a binary format. After the first field that is not there, <see cref="Failed"/> stays true and zeros come.</summary>
internal ref struct FieldReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public bool Failed { get; private set; }

    public readonly bool AtEnd => !Failed && _rest.IsEmpty;

    public readonly int RemainingBytes => _rest.Length;

    public byte Byte() => Take(1) is [byte value] ? value : (byte)0;

    public ChunkId Id() => Take(ChunkId.LengthBytes) is { IsEmpty: false } hash ? new ChunkId(hash) : default;

    /// <summary>The caller found something that cannot be: nothing more is read.</summary>
    public void Fail() => Failed = true;

    public ReadOnlySpan<byte> Take(int lengthBytes)
    {
        if (Failed || _rest.Length < lengthBytes)
        {
            Failed = true;
            return default;
        }
        ReadOnlySpan<byte> taken = _rest[..lengthBytes];
        _rest = _rest[lengthBytes..];
        return taken;
    }

    /// <summary>A number from 0 to <paramref name="max"/>, seven bits a byte, low ones first (LEB128), in its shortest form only:
    /// one value has one spelling, so one recipe has one name.</summary>
    public int Number(int max) => (int)LongNumber(max);

    /// <inheritdoc cref="Number"/>
    public long LongNumber(long max)
    {
        long value = 0;
        for (int shift = 0; shift < 63; shift += 7)
        {
            byte next = Byte();
            if (Failed)
                return 0;
            value |= (long)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                if (value <= max && (next != 0 || shift == 0))
                    return value;
                break;
            }
        }
        Failed = true;
        return 0;
    }
}

/// <summary>Writes the fields that <see cref="FieldReader"/> takes.</summary>
internal sealed class FieldWriter(int capacityBytes)
{
    private byte[] _bytes = new byte[capacityBytes];
    private int _length;

    public FieldWriter Byte(byte value)
    {
        Room(1)[0] = value;
        return this;
    }

    public FieldWriter Id(ChunkId id)
    {
        id.CopyTo(Room(ChunkId.LengthBytes));
        return this;
    }

    public FieldWriter Bytes(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        return this;
    }

    public FieldWriter Number(long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        ulong rest = (ulong)value;
        for (; rest >= 0x80; rest >>= 7)
            Byte((byte)(rest | 0x80));
        return Byte((byte)rest);
    }

    public byte[] ToArray() => _bytes[.._length];

    private Span<byte> Room(int lengthBytes)
    {
        if (_bytes.Length - _length < lengthBytes)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + lengthBytes));
        Span<byte> room = _bytes.AsSpan(_length, lengthBytes);
        _length += lengthBytes;
        return room;
    }
}
