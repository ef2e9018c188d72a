using System.Collections.Immutable;

namespace Edge.Core.Content;

/// <summary>Another box on the LAN, as it was found.</summary>
/// <param name="Name">Under which it says it is there.</param>
/// <param name="Host">Its address.</param>
/// <param name="Port">Of its site.</param>
public sealed record Neighbour(string Name, string Host, int Port);

/// <summary>What came of asking a neighbour for something.</summary>
public enum NeighbourDeed
{
    /// <summary>It gave what it had said it has.</summary>
    Gave,
    /// <summary>It stalled, broke off, was too slow, or gave less than it had said.</summary>
    Failed,
    /// <summary>It gave other bytes than the name says.</summary>
    Lied,
}

/// <summary>How a neighbour has done. Times are of the monotonic clock: the wall clock may lie.</summary>
/// <param name="Strikes">Failures since the last that was forgotten.</param>
/// <param name="StruckAt">When the last one was.</param>
/// <param name="BytesPerSecond">As measured lately; 0: not yet.</param>
public readonly record struct NeighbourRecord(int Strikes, TimeSpan StruckAt, double BytesPerSecond);

/// <summary>Whom to ask before the WAN, and whom to leave.</summary>
public static class NeighbourRule
{
    /// <summary>After so many failures a neighbour is left alone for a while. One lie counts as many.</summary>
    public const int MaxStrikes = 3;

    public static NeighbourRecord With(this NeighbourRecord record, NeighbourDeed deed, double bytesPerSecond, TimeSpan now) => deed switch
    {
        NeighbourDeed.Gave => record with { Strikes = 0, BytesPerSecond = record.BytesPerSecond == 0 ? bytesPerSecond : record.BytesPerSecond + (bytesPerSecond - record.BytesPerSecond) / 4 },
        NeighbourDeed.Failed => record with { Strikes = Math.Min(record.Strikes + 1, MaxStrikes), StruckAt = now },
        _ => record with { Strikes = MaxStrikes, StruckAt = now },
    };

    /// <summary>Whether it may be asked: what it did is forgotten after <paramref name="forgetAfter"/>.</summary>
    public static bool MayAsk(NeighbourRecord record, TimeSpan now, TimeSpan forgetAfter) => record.Strikes < MaxStrikes || now - record.StruckAt >= forgetAfter;

    /// <summary>Those that may be asked, the fastest first. One that was never asked comes before all: only so it shows what it can.</summary>
    public static ImmutableArray<Neighbour> Order(IEnumerable<Neighbour> found, Func<Neighbour, NeighbourRecord> recordOf, TimeSpan now, TimeSpan forgetAfter) =>
    [
        .. from neighbour in found
           let record = recordOf(neighbour)
           where MayAsk(record, now, forgetAfter)
           orderby record.BytesPerSecond == 0 ? double.MaxValue : record.BytesPerSecond descending, neighbour.Name
           select neighbour,
    ];
}

/// <summary>The questions of one box to another: which of these do you hold, and give me these. Bodies are names one behind the other, 32 bytes each.
/// The answer to the first is one bit per name, first name in the highest bit of the first byte. The answer to the second is per name a length
/// (4 bytes, big-endian; 0: not held) and the plain bytes.</summary>
public static class NeighbourQuestion
{
    /// <summary>Most names in a question of what is held.</summary>
    public const int MostAsked = 4_096;

    /// <summary>Most names in a question for bytes.</summary>
    public const int MostWanted = 64;

    /// <returns>Null when the bytes are no names, none, or too many.</returns>
    public static ImmutableArray<ChunkId>? Read(ReadOnlySpan<byte> bytes, int most)
    {
        if (bytes.Length == 0 || bytes.Length % ChunkId.LengthBytes != 0 || bytes.Length / ChunkId.LengthBytes > most)
            return null;
        var names = ImmutableArray.CreateBuilder<ChunkId>(bytes.Length / ChunkId.LengthBytes);
        for (int at = 0; at < bytes.Length; at += ChunkId.LengthBytes)
            names.Add(new ChunkId(bytes.Slice(at, ChunkId.LengthBytes)));
        return names.MoveToImmutable();
    }

    public static byte[] ToBytes(IReadOnlyList<ChunkId> names)
    {
        byte[] bytes = new byte[names.Count * ChunkId.LengthBytes];
        for (int i = 0; i < names.Count; i++)
            names[i].CopyTo(bytes.AsSpan(i * ChunkId.LengthBytes));
        return bytes;
    }

    public static byte[] WriteHeld(IReadOnlyList<ChunkId> asked, IReadOnlySet<ChunkId> missing)
    {
        byte[] bits = new byte[(asked.Count + 7) / 8];
        for (int i = 0; i < asked.Count; i++)
        {
            if (!missing.Contains(asked[i]))
                bits[i / 8] |= (byte)(0x80 >> (i % 8));
        }
        return bits;
    }

    /// <returns>Those of <paramref name="asked"/> that are held; null when the answer has another length.</returns>
    public static ImmutableArray<ChunkId>? ReadHeld(IReadOnlyList<ChunkId> asked, ReadOnlySpan<byte> bits)
    {
        if (bits.Length != (asked.Count + 7) / 8)
            return null;
        var held = ImmutableArray.CreateBuilder<ChunkId>();
        for (int i = 0; i < asked.Count; i++)
        {
            if ((bits[i / 8] & (0x80 >> (i % 8))) != 0)
                held.Add(asked[i]);
        }
        return held.ToImmutable();
    }
}

/// <summary>One line of <c>avahi-browse --parsable --resolve</c>.</summary>
public static class AvahiLine
{
    private const int MaxLength = 2_000;

    /// <summary>Reads a line.</summary>
    /// <param name="line">As printed: <c>=;eth0;IPv4;name;type;domain;host;address;port;"text"</c>, or <c>-;eth0;IPv4;name;type;domain</c> when a service goes.</param>
    /// <returns>What was found or went; null for any other line. Only IPv4: every school's network has it, and link-local IPv6 needs a zone.</returns>
    public static (bool Found, Neighbour Neighbour)? Read(string line)
    {
        if (line.Length > MaxLength)
            return null;
        string[] fields = line.Split(';', 10);
        if (fields is ["-", _, "IPv4", { Length: > 0 } gone, _, ..])
            return (false, new Neighbour(gone, "", 0));
        if (fields is ["=", _, "IPv4", { Length: > 0 } name, _, _, _, var address, var port, ..]
            && IsAddress(address) && int.TryParse(port, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int number) && number is > 0 and <= 65_535)
            return (true, new Neighbour(name, address, number));
        return null;
    }

    private static bool IsAddress(string text) =>
        text.Split('.') is { Length: 4 } parts && parts.All(part => byte.TryParse(part, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out _));
}
