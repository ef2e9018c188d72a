using System.Buffers;
using System.Buffers.Binary;

namespace Relay.Live.Rtmp;

/// <summary>Puts messages together from the chunks they are sent in (RTMP 1.0 §5.3). Pure: it looks at what has arrived and says "not yet".</summary>
public sealed class RtmpChunks
{
    /// <summary>Largest message. A key frame of 4K at 40 Mbit/s is smaller.</summary>
    public const int MaxMessageBytes = 4 << 20;

    /// <summary>Senders use four or five.</summary>
    public const int MaxChunkStreams = 32;

    private const int MaxHeadBytes = 3 + 11 + 4;
    private const uint Extended = 0xFF_FFFF;

    private readonly Dictionary<int, ChunkStream> _streams = [];
    private int _chunkBytes = 128;

    /// <summary>Takes chunks off the front until a message is whole.</summary>
    /// <exception cref="RtmpException">Not RTMP, or over a bound.</exception>
    public bool TryRead(ref ReadOnlySequence<byte> arrived, out RtmpMessage message)
    {
        message = default;
        while (TryReadChunk(ref arrived, out ChunkStream? chunk))
        {
            if (chunk.Filled < chunk.Length)
                continue;
            message = new RtmpMessage(chunk.Type, chunk.Time, chunk.Stream, chunk.Take());
            switch (message.Type)
            {
                case RtmpType.SetChunkSize:
                    _chunkBytes = (int)Math.Clamp(Number(message), 1, MaxMessageBytes);
                    continue;
                case RtmpType.Abort:
                    if (_streams.TryGetValue((int)Math.Min(Number(message), int.MaxValue), out ChunkStream? aborted))
                        aborted.Filled = 0;
                    continue;
                default:
                    return true;
            }
        }
        return false;
    }

    private static uint Number(RtmpMessage message) =>
        message.Payload.Length >= 4 ? BinaryPrimitives.ReadUInt32BigEndian(message.Payload.Span) : throw new RtmpException("a control message is too short");

    private bool TryReadChunk(ref ReadOnlySequence<byte> arrived, out ChunkStream chunk)
    {
        chunk = null!;
        Span<byte> head = stackalloc byte[MaxHeadBytes];
        head = head[..(int)Math.Min(arrived.Length, MaxHeadBytes)];
        arrived.Slice(0, head.Length).CopyTo(head);
        if (head.IsEmpty)
            return false;
        int at = (head[0] & 0x3F) switch { 0 => 2, 1 => 3, _ => 1 };
        if (head.Length < at)
            return false;
        int id = at switch { 2 => 64 + head[1], 3 => 64 + head[1] + (head[2] << 8), _ => head[0] & 0x3F };
        int form = head[0] >> 6;
        int fields = form switch { 0 => 11, 1 => 7, 2 => 3, _ => 0 };
        if (head.Length < at + fields)
            return false;
        if (!_streams.TryGetValue(id, out ChunkStream? stream))
        {
            if (form != 0 && form != 1 || _streams.Count == MaxChunkStreams)
                throw new RtmpException("a chunk stream begins in the middle, or there are too many");
            stream = new ChunkStream();
        }
        uint time = fields >= 3 ? Number24(head[at..]) : stream.TimeField;
        int whole = at + fields;
        uint longTime = time;
        if (time == Extended)
        {
            if (head.Length < whole + 4)
                return false;
            longTime = BinaryPrimitives.ReadUInt32BigEndian(head[whole..]);
            whole += 4;
        }
        int length = fields >= 7 ? (int)Number24(head[(at + 3)..]) : stream.Length;
        if (length > MaxMessageBytes)
            throw new RtmpException($"a message of {length} bytes");
        // A new length in the middle of a message begins another one; what there was is dropped with it.
        int filled = fields >= 7 ? 0 : stream.Filled;
        int part = Math.Min(_chunkBytes, length - filled);
        if (arrived.Length < whole + part)
            return false;

        _streams[id] = stream;
        stream.TimeField = time;
        if (fields >= 7)
            (stream.Length, stream.Type) = (length, (RtmpType)head[at + 6]);
        if (fields == 11)
            stream.Stream = BinaryPrimitives.ReadUInt32LittleEndian(head[(at + 7)..]);
        if (filled == 0)
        {
            stream.Time = form == 0 ? longTime : stream.Time + (form == 3 && stream.WasAbsolute ? 0 : longTime);
            stream.WasAbsolute = form == 0 || (form == 3 && stream.WasAbsolute);
        }
        stream.Filled = filled;
        stream.Add(arrived.Slice(whole, part));
        arrived = arrived.Slice(whole + part);
        chunk = stream;
        return true;
    }

    private static uint Number24(ReadOnlySpan<byte> bytes) => (uint)(bytes[0] << 16 | bytes[1] << 8 | bytes[2]);

    private sealed class ChunkStream
    {
        private byte[] _bytes = [];

        public uint Time { get; set; }

        /// <summary>The three bytes as they stood: chunks without a head repeat their meaning.</summary>
        public uint TimeField { get; set; }

        public bool WasAbsolute { get; set; }

        public int Length { get; set; }

        public RtmpType Type { get; set; }

        public uint Stream { get; set; }

        public int Filled { get; set; }

        public void Add(ReadOnlySequence<byte> part)
        {
            // Grown as bytes come: a length alone costs nothing.
            if (_bytes.Length < Filled + part.Length)
                Array.Resize(ref _bytes, (int)Math.Min(Length, Math.Max(2 * _bytes.Length, Filled + part.Length)));
            part.CopyTo(_bytes.AsSpan(Filled));
            Filled += (int)part.Length;
        }

        public ReadOnlyMemory<byte> Take()
        {
            ReadOnlyMemory<byte> taken = _bytes.AsMemory(0, Filled);
            (_bytes, Filled) = ([], 0);
            return taken;
        }
    }
}
