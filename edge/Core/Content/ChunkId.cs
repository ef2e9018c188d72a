using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Edge.Core.Content;

/// <summary>SHA-256 of the bytes it names: a chunk, and in the same way a manifest, a recipe or a volume. Text form: 64 lower-case hex digits.</summary>
[JsonConverter(typeof(ChunkIdConverter))]
public readonly record struct ChunkId : IComparable<ChunkId>
{
    public const int LengthBytes = 32;

    private readonly UInt128 _high;
    private readonly UInt128 _low;

    /// <exception cref="ArgumentOutOfRangeException">Not 32 bytes.</exception>
    public ChunkId(ReadOnlySpan<byte> hash)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(hash.Length, LengthBytes);
        _high = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash);
        _low = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash[16..]);
    }

    public static ChunkId Of(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[LengthBytes];
        SHA256.HashData(bytes, hash);
        return new ChunkId(hash);
    }

    public void CopyTo(Span<byte> hash)
    {
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(hash, _high);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(hash[16..], _low);
    }

    public byte[] ToArray()
    {
        byte[] hash = new byte[LengthBytes];
        CopyTo(hash);
        return hash;
    }

    public static bool TryParse(ReadOnlySpan<char> hex, out ChunkId id)
    {
        id = default;
        Span<byte> hash = stackalloc byte[LengthBytes];
        if (hex.Length != 2 * LengthBytes || hex.ContainsAnyExcept(LowerHex))
            return false;
        if (Convert.FromHexString(hex, hash, out _, out _) != System.Buffers.OperationStatus.Done)
            return false;
        id = new ChunkId(hash);
        return true;
    }

    private static readonly System.Buffers.SearchValues<char> LowerHex = System.Buffers.SearchValues.Create("0123456789abcdef");

    public override string ToString()
    {
        Span<byte> hash = stackalloc byte[LengthBytes];
        CopyTo(hash);
        return Convert.ToHexStringLower(hash);
    }

    public int CompareTo(ChunkId other) => _high != other._high ? _high.CompareTo(other._high) : _low.CompareTo(other._low);

    public static bool operator <(ChunkId left, ChunkId right) => left.CompareTo(right) < 0;

    public static bool operator >(ChunkId left, ChunkId right) => left.CompareTo(right) > 0;

    public static bool operator <=(ChunkId left, ChunkId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ChunkId left, ChunkId right) => left.CompareTo(right) >= 0;
}

internal sealed class ChunkIdConverter : JsonConverter<ChunkId>
{
    public override ChunkId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && ChunkId.TryParse(reader.GetString(), out ChunkId id) ? id : throw new JsonException("not a SHA-256 in hex");

    public override void Write(Utf8JsonWriter writer, ChunkId value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
