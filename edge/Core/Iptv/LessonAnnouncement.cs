using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Edge.Core.Iptv;

/// <summary>How a lesson's group is told on the network: a session description (SDP, RFC 4566) in an announcement (SAP, RFC 2974).</summary>
/// <param name="Lesson">Its id.</param>
/// <param name="Source">IPv4 address of the sender.</param>
/// <param name="Group">IPv4 address of the group.</param>
public sealed record LessonAnnouncement(string Lesson, string Title, string Description, uint Source, uint Group, int Port, int Ttl, bool Rtp)
{
    /// <summary>The port of all announcements.</summary>
    public const int SapPort = 9875;

    /// <summary>Where groups of 239.255.0.0/16 are announced: the highest address of that scope.</summary>
    public const uint SapGroup = 0xEFFF_FFFF;

    /// <summary>Longest text in it; RFC 2974 wants the whole below 1 kB.</summary>
    private const int MostLetters = 100;

    private const byte Announce = 0x20;
    private const byte Delete = 0x24;
    private const int HeadBytes = 8;

    public string Sdp => string.Create(CultureInfo.InvariantCulture, $"""
        v=0
        o=- {Number} 1 IN IP4 {Dotted(Source)}
        s={Line(Title)}
        i={Line(Description)}
        c=IN IP4 {Dotted(Group)}/{Ttl}
        t=0 0
        a=tool:edge-box
        a=type:broadcast
        a=recvonly
        m=video {Port} {(Rtp ? "RTP/AVP 33" : "udp 33")}
        {(Rtp ? "a=rtpmap:33 MP2T/90000\n" : "")}
        """).Trim().ReplaceLineEndings("\r\n") + "\r\n";

    /// <param name="withdrawn">It is over.</param>
    public byte[] ToPacket(bool withdrawn)
    {
        byte[] body = Encoding.UTF8.GetBytes("application/sdp\0" + Sdp);
        byte[] packet = new byte[HeadBytes + body.Length];
        packet[0] = withdrawn ? Delete : Announce;
        // Source and hash name an announcement; the hash changes with what it says and is never 0.
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)(BinaryPrimitives.ReadUInt16BigEndian(SHA256.HashData(body)) | 1));
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), Source);
        body.CopyTo(packet, HeadBytes);
        return packet;
    }

    public static string Dotted(uint address) => string.Create(CultureInfo.InvariantCulture, $"{address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}");

    /// <summary>The same for one lesson as long as it lasts, and over restarts.</summary>
    private uint Number => BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(Lesson)));

    /// <summary>A text of one line; a field of it must not be empty.</summary>
    private static string Line(string text)
    {
        string line = new([.. text.Where(letter => !char.IsControl(letter)).Take(MostLetters)]);
        return line.Length > 0 ? line : " ";
    }
}
