using ZstdSharp.Unsafe;

namespace Edge.Zstandard;

/// <summary>Packs one thing after the other against prefixes, in the same memory: tables of 24 MB and one output. Not for several threads.</summary>
public sealed unsafe class ZstdPacker : IDisposable
{
    private const int Level = 19;

    /// <summary>Positions that the match finder remembers, as a power of two: bounds its tables to 24 MB whatever it is given.</summary>
    private const int ChainLog = 22;
    private const int HashLog = 20;
    private const int MinWindowLog = 17;
    private const int MaxWindowLog = 27;

    private readonly ZSTD_CCtx_s* _context = Methods.ZSTD_createCCtx();
    private byte[] _packed = [];

    /// <summary>See <see cref="Core.Content.PrefixPack"/>. Slow and thorough: about 1 MB/s.</summary>
    /// <returns>Good until the next call.</returns>
    public ReadOnlyMemory<byte> Pack(ReadOnlyMemory<byte> prefix, ReadOnlyMemory<byte> plain)
    {
        int windowLog = MinWindowLog;
        while (windowLog < MaxWindowLog && 1L << windowLog < (long)prefix.Length + plain.Length)
            windowLog++;
        ZstdPrefix.Check(Methods.ZSTD_CCtx_reset(_context, ZSTD_ResetDirective.ZSTD_reset_session_and_parameters));
        Set(ZSTD_cParameter.ZSTD_c_compressionLevel, Level);
        Set(ZSTD_cParameter.ZSTD_c_windowLog, windowLog);
        Set(ZSTD_cParameter.ZSTD_c_chainLog, Math.Min(ChainLog, windowLog + 1));
        Set(ZSTD_cParameter.ZSTD_c_hashLog, Math.Min(HashLog, windowLog));
        // What is packed is named and checked by SHA-256; the length is in the format around it.
        Set(ZSTD_cParameter.ZSTD_c_contentSizeFlag, 1);
        Set(ZSTD_cParameter.ZSTD_c_checksumFlag, 0);
        int most = (int)Methods.ZSTD_compressBound((nuint)plain.Length);
        if (_packed.Length < most)
            _packed = new byte[most];
        fixed (byte* old = prefix.Span, from = plain.Span, to = _packed)
        {
            ZstdPrefix.Check(Methods.ZSTD_CCtx_refPrefix(_context, old, (nuint)prefix.Length));
            return _packed.AsMemory(0, (int)ZstdPrefix.Check(Methods.ZSTD_compress2(_context, to, (nuint)_packed.Length, from, (nuint)plain.Length)));
        }
    }

    public void Dispose() => Methods.ZSTD_freeCCtx(_context);

    private void Set(ZSTD_cParameter parameter, int value) => ZstdPrefix.Check(Methods.ZSTD_CCtx_setParameter(_context, parameter, value));
}
