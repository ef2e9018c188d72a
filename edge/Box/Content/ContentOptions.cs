using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Edge.Box.Content;

/// <summary>How the box fetches and keeps packs. Section <c>Content</c>.</summary>
public sealed class ContentOptions
{
    /// <summary>Whether delta bundles are taken when they are cheaper than chunks. Default yes; they take some 40 MB more memory while they are unpacked.</summary>
    public bool TakeBundles { get; set; } = true;

    /// <summary>How often the signed lists are asked for. Default 1 min; unchanged they cost about 300 bytes each. The relay may nudge between.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan ListInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Span over which a transfer must bring <see cref="StallBytes"/>. Default 30 s: rides out a hand-over of the cell or a satellite dish in a gust.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan StallTime { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Fewest bytes that count as progress within <see cref="StallTime"/>. Default 1 KiB: a thirtieth of a 9.6 kbit/s line.</summary>
    [Range(1, 1 << 20)]
    public int StallBytes { get; set; } = 1 << 10;

    /// <summary>Most connections that fetch packs at a time. Default 8: with fewer, loss on a satellite link leaves some of it empty. How many are held follows what they bring.</summary>
    [Range(1, 32)]
    public int MaxConnections { get; set; } = 8;

    /// <summary>Bytes that all these connections together may have on the way. Default 288 KiB: a cut or a kill costs at most these, and they fill 4 Mbit/s at 600 ms
    /// or 40 Mbit/s at 60 ms. Raise it for a fast satellite link.</summary>
    [Range(16 << 10, 64 << 20)]
    public int InFlightBytes { get; set; } = 288 << 10;

    /// <summary>Most bytes on disk of chunks that are not whole yet. Default 64 MiB: two of the largest objects.</summary>
    [Range(8L << 20, 1L << 40)]
    public long PartialBytes { get; set; } = 64L << 20;

    /// <summary>Fetched bytes that are flushed to disk together. Default 256 KiB: this is all that a power cut costs beside what was on the way.</summary>
    [Range(1 << 10, 16 << 20)]
    public int CommitBytes { get; set; } = 256 << 10;

    /// <summary>Longest wait after the first failure. Default 2 s; doubles with each further one.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:10:00")]
    public TimeSpan FirstWait { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Longest wait ever. Default 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "1.00:00:00")]
    public TimeSpan LongestWait { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Disk space that packs leave free. Default 1 GiB: recordings of lessons may use half of it (<c>Live:ReserveBytes</c>), the rest stays for answers and the log whatever comes.</summary>
    [Range(0, long.MaxValue)]
    public long ReserveBytes { get; set; } = 1L << 30;

    /// <summary>Most bytes that packs take on the disk. Default 0: all but <see cref="ReserveBytes"/>.</summary>
    [Range(0, long.MaxValue)]
    public long QuotaBytes { get; set; }

    /// <summary>Time in which all that is stored is hashed again, slowly. Default 30 days: 400 kB a second for a terabyte.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan CheckRound { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Size at which a new store file is begun. Default 32 MiB: few files for an SD card.</summary>
    [Range(1 << 20, 1 << 30)]
    public int StoreFileBytes { get; set; } = 32 << 20;

    /// <summary>Longest that a new version waits for a lesson to end. Default 6 h: a school day; then a lesson that nobody ended no longer keeps corrections away.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "7.00:00:00")]
    public TimeSpan LongestHold { get; set; } = TimeSpan.FromHours(6);
}

[OptionsValidator]
public sealed partial class ContentOptionsValidator : IValidateOptions<ContentOptions>;
