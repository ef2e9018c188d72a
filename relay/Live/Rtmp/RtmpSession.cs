using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;

namespace Relay.Live.Rtmp;

/// <summary>One sender's connection: handshake, the few commands that lead to publishing, then sound and pictures (RTMP 1.0 §5.2, §7.2). One task.</summary>
internal sealed class RtmpSession(PipeReader input, Stream output)
{
    private const int HandshakeBytes = 1536;
    private const byte Version = 3;
    private const int MaxPayloadBytes = 128; // of our chunks, never announced as another
    private const uint WindowBytes = 2_500_000;
    private const long AcknowledgeEveryBytes = 1 << 20;
    private const int ControlChunks = 2;
    private const int CommandChunks = 3;

    private readonly RtmpChunks _chunks = new();
    private long _received;
    private long _acknowledged;

    /// <summary>Answers the sender until it names what it publishes.</summary>
    /// <returns>The stream key; null when it hung up.</returns>
    /// <exception cref="RtmpException">It does not speak RTMP, or it wants to play.</exception>
    public async Task<string?> OpenAsync(CancellationToken cancellationToken)
    {
        if (await TakeAsync(1 + HandshakeBytes, cancellationToken) is not { } hello)
            return null;
        if (hello[0] != Version)
            throw new RtmpException("not RTMP");
        // Version, our time and chance (zeros will do: nobody checks), and its own greeting back.
        await output.WriteAsync((byte[])[Version, .. new byte[HandshakeBytes], .. hello[1..]], cancellationToken);
        if (await TakeAsync(HandshakeBytes, cancellationToken) is null)
            return null;
        while (await NextAsync(cancellationToken) is { } message)
        {
            if (message.Type is not (RtmpType.Command or RtmpType.CommandAmf3))
                continue;
            (string name, double number, IReadOnlyList<string> texts) = Command(message);
            switch (name)
            {
                case "connect":
                    await WriteAsync(ControlChunks, RtmpType.WindowAcknowledgementSize, 0, Number(WindowBytes), cancellationToken);
                    await WriteAsync(ControlChunks, RtmpType.SetPeerBandwidth, 0, [.. Number(WindowBytes), 2], cancellationToken);
                    await AnswerAsync(cancellationToken, "_result", number, new (string, object)[] { ("fmsVer", "FMS/3,0,1,123"), ("capabilities", 31d) },
                        Status("status", "NetConnection.Connect.Success", "welcome"));
                    break;
                case "createStream":
                    await AnswerAsync(cancellationToken, "_result", number, null, 1d);
                    break;
                case "publish":
                    string key = texts.Count > 0 ? texts[0] : "";
                    int query = key.IndexOf('?', StringComparison.Ordinal);
                    return query < 0 ? key : key[..query];
                case "play":
                    throw new RtmpException("it wants to play, and nothing is played here");
                default:
                    // releaseStream, FCPublish and the like: some senders wait for an answer.
                    await AnswerAsync(cancellationToken, "_result", number, null, null);
                    break;
            }
        }
        return null;
    }

    public Task AcceptAsync(CancellationToken cancellationToken) => PublishStatusAsync("status", "NetStream.Publish.Start", "go ahead", cancellationToken);

    public Task RefuseAsync(string why, CancellationToken cancellationToken) => PublishStatusAsync("error", "NetStream.Publish.BadName", why, cancellationToken);

    /// <summary>Writes what the sender publishes as FLV, until it stops or hangs up.</summary>
    public async Task CopyAsync(Stream flv, CancellationToken cancellationToken)
    {
        await flv.WriteAsync(FlvTags.FileHead.ToArray(), cancellationToken);
        while (await NextAsync(cancellationToken) is { } message)
        {
            if (message.Type is RtmpType.Audio or RtmpType.Video && !message.Payload.IsEmpty)
                await flv.WriteAsync(FlvTags.Write(message), cancellationToken);
            else if (message.Type is RtmpType.Command or RtmpType.CommandAmf3 && Command(message).Name is "FCUnpublish" or "deleteStream" or "closeStream")
                return;
            else
                continue;
            await flv.FlushAsync(cancellationToken);
        }
    }

    private static (string Name, double Number, IReadOnlyList<string> Texts) Command(RtmpMessage message) =>
        // The later form has one byte before it.
        Amf0.ReadCommand(message.Type == RtmpType.CommandAmf3 && !message.Payload.IsEmpty ? message.Payload.Span[1..] : message.Payload.Span);

    private static (string, object)[] Status(string level, string code, string description) => [("level", level), ("code", code), ("description", description)];

    private static byte[] Number(uint number)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return bytes;
    }

    private Task PublishStatusAsync(string level, string code, string description, CancellationToken cancellationToken) =>
        WriteAsync(CommandChunks, RtmpType.Command, 1, Amf0.Write("onStatus", 0d, null, Status(level, code, description)), cancellationToken);

    private Task AnswerAsync(CancellationToken cancellationToken, params object?[] values) => WriteAsync(CommandChunks, RtmpType.Command, 0, Amf0.Write(values), cancellationToken);

    private async Task WriteAsync(int chunks, RtmpType type, byte stream, byte[] payload, CancellationToken cancellationToken)
    {
        using var written = new MemoryStream();
        written.Write([(byte)chunks, 0, 0, 0, (byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, (byte)type, stream, 0, 0, 0]);
        for (int at = 0; at < payload.Length; at += MaxPayloadBytes)
        {
            if (at > 0)
                written.WriteByte((byte)(0xC0 | chunks));
            written.Write(payload.AsSpan(at, Math.Min(MaxPayloadBytes, payload.Length - at)));
        }
        await output.WriteAsync(written.ToArray(), cancellationToken);
    }

    private async Task<byte[]?> TakeAsync(int count, CancellationToken cancellationToken)
    {
        ReadResult read = await input.ReadAtLeastAsync(count, cancellationToken);
        if (read.Buffer.Length < count)
            return null;
        byte[] taken = read.Buffer.Slice(0, count).ToArray();
        input.AdvanceTo(read.Buffer.GetPosition(count));
        return taken;
    }

    /// <summary>The next message; null when the sender hung up.</summary>
    private async Task<RtmpMessage?> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult read = await input.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> rest = read.Buffer;
            bool whole = _chunks.TryRead(ref rest, out RtmpMessage message);
            _received += read.Buffer.Length - rest.Length;
            // What is left is looked at again at once if a message was found, else when more has come.
            input.AdvanceTo(rest.Start, whole ? rest.Start : read.Buffer.End);
            if (_received - _acknowledged >= AcknowledgeEveryBytes)
            {
                _acknowledged = _received;
                await WriteAsync(ControlChunks, RtmpType.Acknowledgement, 0, Number((uint)_received), cancellationToken);
            }
            if (whole)
                return message;
            if (read.IsCompleted)
                return null;
        }
    }
}
