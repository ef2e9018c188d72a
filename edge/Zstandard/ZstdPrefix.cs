using ZstdSharp.Unsafe;

namespace Edge.Zstandard;

/// <summary>Zstandard (RFC 8878) with raw bytes as prefix. Only bytes that a signed list names by hash may be unpacked: the decoder is a port of C code.</summary>
public static class ZstdPrefix
{
    /// <summary>See <see cref="Core.Content.PrefixPack"/>. Slow and thorough: about 1 MB/s.</summary>
    public static byte[] Pack(ReadOnlyMemory<byte> prefix, ReadOnlyMemory<byte> plain)
    {
        using var packer = new ZstdPacker();
        return packer.Pack(prefix, plain).ToArray();
    }

    /// <summary>See <see cref="Core.Content.PrefixUnpack"/>. Writes into the result alone: no memory grows with what the packed bytes claim.</summary>
    public static byte[]? Unpack(ReadOnlyMemory<byte> prefix, ReadOnlyMemory<byte> packed, int lengthBytes)
    {
        byte[] plain = new byte[lengthBytes];
        return TryUnpack(prefix.Span, packed.Span, plain) ? plain : null;
    }

    /// <summary>As <see cref="Unpack"/>, into <paramref name="plain"/>, which must come out full.</summary>
    public static unsafe bool TryUnpack(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> packed, Span<byte> plain)
    {
        ZSTD_DCtx_s* context = Methods.ZSTD_createDCtx();
        try
        {
            fixed (byte* old = prefix, from = packed, to = plain)
            {
                // One frame, and nothing behind it.
                if (Methods.ZSTD_findFrameCompressedSize(from, (nuint)packed.Length) != (nuint)packed.Length)
                    return false;
                Check(Methods.ZSTD_DCtx_refPrefix(context, old, (nuint)prefix.Length));
                nuint length = Methods.ZSTD_decompressDCtx(context, to, (nuint)plain.Length, from, (nuint)packed.Length);
                return !Methods.ZSTD_isError(length) && length == (nuint)plain.Length;
            }
        }
        finally
        {
            Methods.ZSTD_freeDCtx(context);
        }
    }

    internal static nuint Check(nuint result) => Methods.ZSTD_isError(result) ? throw new InvalidOperationException($"zstd: {Methods.ZSTD_getErrorName(result)}") : result;
}
