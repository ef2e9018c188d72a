using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace Edge.Box.Iptv;

/// <summary>How transport stream is put into datagrams.</summary>
public enum TvTransport
{
    /// <summary>RTP, payload type 33: what is lost can be seen.</summary>
    Rtp,

    /// <summary>Bare, for sets that know no RTP.</summary>
    Udp,
}

/// <summary>Lessons for television sets and set-top boxes. Section <c>Iptv</c>.</summary>
public sealed class IptvOptions : IValidatableObject
{
    /// <summary>Groups outside are passed on by routers, or belong to others (RFC 2365 §6.1).</summary>
    private static readonly IPNetwork Site = IPNetwork.Parse("239.255.0.0/16");

    /// <summary>Send running lessons by multicast. Default true. A Wi-Fi network without IGMP snooping carries it at its lowest rate: there, false.</summary>
    public bool Multicast { get; set; } = true;

    /// <summary>Network interface, or its IPv4 address, that multicast goes out on. Default empty: the one with <c>Box:Address</c>; if that is all, the LAN side, which is not that of the default route unless there is no other.</summary>
    public string Interface { get; set; } = "";

    /// <summary>Groups to use, one for each lesson, within 239.255.0.0/16, which routers keep inside the site. Default <c>239.255.42.0/24</c>.</summary>
    [Required]
    public string Groups { get; set; } = "239.255.42.0/24";

    /// <summary>UDP port of all groups. Default 5004.</summary>
    [Range(1024, 65534)]
    public int Port { get; set; } = 5004;

    /// <summary>RTP or bare UDP. Default Rtp.</summary>
    public TvTransport Transport { get; set; } = TvTransport.Rtp;

    /// <summary>Hops that multicast may go. Default 1: this network only.</summary>
    [Range(1, 32)]
    public int Ttl { get; set; } = 1;

    /// <summary>Wait for a second segment at the start and after a dry spell. Default 1.5 s: segments do not arrive evenly.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:30")]
    public TimeSpan Cushion { get; set; } = TimeSpan.FromSeconds(1.5);

    /// <summary>Between two announcements (SAP) of a lesson. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan AnnounceEvery { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Lessons sent at one time. Default 8.</summary>
    [Range(1, 64)]
    public int MostLessons { get; set; } = 8;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IPNetwork.TryParse(Groups, out IPNetwork range) || range.BaseAddress.AddressFamily != AddressFamily.InterNetwork || range.PrefixLength is < 16 or > 32 || !Site.Contains(range.BaseAddress))
            yield return new ValidationResult($"\"{Groups}\" is no range of groups within {Site}", [nameof(Groups)]);
    }

    internal uint FirstGroup => Ipv4.Number(IPNetwork.Parse(Groups).BaseAddress);

    /// <summary>The highest address of the scope is that of the announcements.</summary>
    internal int GroupCount => (1 << (32 - IPNetwork.Parse(Groups).PrefixLength)) is var count && FirstGroup + (uint)count - 1 == Core.Iptv.LessonAnnouncement.SapGroup ? Math.Max(1, count - 1) : count;
}

[OptionsValidator]
public sealed partial class IptvOptionsValidator : IValidateOptions<IptvOptions>;
