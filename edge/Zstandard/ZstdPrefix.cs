using ZstdSharp.Unsafe;

namespace Edge.Zstandard;

/// <summary>Zstandard (RFC 8878) with raw bytes as prefix. Only bytes that a signed list names by hash may be unpacked: the decoder is a port of C code.</summary>
public static class ZstdPrefix
{
    private const int Level = 19;

    /// <summary>Positions that the match finder remembers, as a power of two: bounds its tables to 40 MB whatever it is given.</summary>
    private const int ChainLog = 23;
    private const int HashLog = 21;
    private const int MinWindowLog = 17;
    private const int MaxWindowLog = 27;

    /// <summary>See <see cref="Core.Content.PrefixPack"/>. Slow and thorough: about 1 MB/s.</summary>
    public static unsafe byte[] Pack(ReadOnlyMemory<byte> prefix, ReadOnlyMemory<byte> plain)
    {
        ZSTD_CCtx_s* context = Methods.ZSTD_createCCtx();
        try
        {
            int windowLog = MinWindowLog;
            while (windowLog < MaxWindowLog && 1L << windowLog < (long)prefix.Length + plain.Length)
                windowLog++;
            Set(context, ZSTD_cParameter.ZSTD_c_compressionLevel, Level);
            Set(context, ZSTD_cParameter.ZSTD_c_windowLog, windowLog);
            Set(context, ZSTD_cParameter.ZSTD_c_chainLog, Math.Min(ChainLog, windowLog + 1));
            Set(context, ZSTD_cParameter.ZSTD_c_hashLog, Math.Min(HashLog, windowLog));
            // What is packed is named and checked by SHA-256; the length is in the format around it.
            Set(context, ZSTD_cParameter.ZSTD_c_contentSizeFlag, 1);
            Set(context, ZSTD_cParameter.ZSTD_c_checksumFlag, 0);
            byte[] packed = new byte[Methods.ZSTD_compressBound((nuint)plain.Length)];
            fixed (byte* old = prefix.Span, from = plain.Span, to = packed)
            {
                Check(Methods.ZSTD_CCtx_refPrefix(context, old, (nuint)prefix.Length));
                int length = (int)Check(Methods.ZSTD_compress2(context, to, (nuint)packed.Length, from, (nuint)plain.Length));
                return packed[..length];
            }
        }
        finally
        {
            Methods.ZSTD_freeCCtx(context);
        }
    }

    /// <summary>See <see cref="Core.Content.PrefixUnpack"/>. Writes into the result alone: no memory grows with what the packed bytes claim.</summary>
    public static unsafe byte[]? Unpack(ReadOnlyMemory<byte> prefix, ReadOnlyMemory<byte> packed, int lengthBytes)
    {
        ZSTD_DCtx_s* context = Methods.ZSTD_createDCtx();
        try
        {
            byte[] plain = new byte[lengthBytes];
            fixed (byte* old = prefix.Span, from = packed.Span, to = plain)
            {
                // One frame, and nothing behind it.
                if (Methods.ZSTD_findFrameCompressedSize(from, (nuint)packed.Length) != (nuint)packed.Length)
                    return null;
                Check(Methods.ZSTD_DCtx_refPrefix(context, old, (nuint)prefix.Length));
                nuint length = Methods.ZSTD_decompressDCtx(context, to, (nuint)plain.Length, from, (nuint)packed.Length);
                return !Methods.ZSTD_isError(length) && length == (nuint)plain.Length ? plain : null;
            }
        }
        finally
        {
            Methods.ZSTD_freeDCtx(context);
        }
    }

    private static unsafe void Set(ZSTD_CCtx_s* context, ZSTD_cParameter parameter, int value) => Check(Methods.ZSTD_CCtx_setParameter(context, parameter, value));

    private static nuint Check(nuint result) => Methods.ZSTD_isError(result) ? throw new InvalidOperationException($"zstd: {Methods.ZSTD_getErrorName(result)}") : result;
}
