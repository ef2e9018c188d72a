using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using Edge.Core.Feedback;
using Edge.Core.Identity;

namespace Edge.Core.Sync;

/// <summary>What a box owes, as it goes back on a stick: envelopes just as they would go over the link, the newest status report, the last lines of the log.
/// Version byte 1, the box's name (11 letters), then per part: kind (1: 1 envelope, 2 status report, 3 log), length, bytes.</summary>
/// <param name="Box">Whose.</param>
/// <param name="Envelopes">In the order of their sequences.</param>
/// <param name="Status">As on the link (JSON); null without.</param>
/// <param name="Log">UTF-8; null without.</param>
public sealed record UsbReturn(BoxId Box, ImmutableArray<byte[]> Envelopes, byte[]? Status, byte[]? Log)
{
    public const byte FormatVersion = 1;

    /// <summary>Most bytes of one; a box that owes more writes several.</summary>
    public const int MaxBytes = 8 << 20;

    public const int MaxLogBytes = 1 << 20;

    private const int BoxIdLength = 11;
    private const byte EnvelopePart = 1;
    private const byte StatusPart = 2;
    private const byte LogPart = 3;

    public byte[] ToBytes()
    {
        var bytes = new ArrayBufferWriter<byte>(1 << 10);
        bytes.Byte(FormatVersion);
        bytes.Write(Encoding.ASCII.GetBytes(Box.ToString()));
        foreach (byte[] envelope in Envelopes)
            Part(EnvelopePart, envelope);
        if (Status is not null)
            Part(StatusPart, Status);
        if (Log is not null)
            Part(LogPart, Log);
        return bytes.WrittenSpan.ToArray();

        void Part(byte kind, byte[] part)
        {
            bytes.Byte(kind);
            bytes.Varint((ulong)part.Length);
            bytes.Write(part);
        }
    }

    /// <returns>Null when the bytes are none, or over a limit.</returns>
    public static UsbReturn? Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        if (bytes.Length > MaxBytes || !reader.TryByte(out byte version) || version != FormatVersion
            || !reader.TryBytes(BoxIdLength, out ReadOnlySpan<byte> name) || !BoxId.TryParse(Encoding.ASCII.GetString(name), out BoxId box))
            return null;
        var envelopes = ImmutableArray.CreateBuilder<byte[]>();
        byte[]? status = null, log = null;
        while (!reader.AtEnd)
        {
            if (!reader.TryByte(out byte kind) || !reader.TryVarint(out ulong length) || length > MaxBytes || !reader.TryBytes((int)length, out ReadOnlySpan<byte> part))
                return null;
            switch (kind)
            {
                case EnvelopePart when part.Length <= Envelope.MaxBytes:
                    envelopes.Add(part.ToArray());
                    break;
                case StatusPart when status is null && part.Length <= StatusReport.MaxBytes:
                    status = part.ToArray();
                    break;
                case LogPart when log is null && part.Length <= MaxLogBytes:
                    log = part.ToArray();
                    break;
                default:
                    return null;
            }
        }
        return new UsbReturn(box, envelopes.ToImmutable(), status, log);
    }
}
