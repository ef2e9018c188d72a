using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Relay.Live;

/// <summary>The roads by which encoders reach the relay, besides HTTP. Section <c>Ingest</c>.</summary>
public sealed class IngestOptions
{
    /// <summary>Address that RTMP and SRT listen on. Default 0.0.0.0: encoders are elsewhere.</summary>
    [Required]
    public string Address { get; set; } = "0.0.0.0";

    /// <summary>TCP port for RTMP; 1935 is usual. Default 0: none.</summary>
    [Range(0, 65535)]
    public int RtmpPort { get; set; }

    /// <summary>UDP port for SRT; 9710 is free on most machines. Default 0: none.</summary>
    [Range(0, 65535)]
    public int SrtPort { get; set; }

    /// <summary>Passphrase of SRT, 10 to 79 letters, the same for all encoders; empty: not encrypted. Default empty.</summary>
    [MaxLength(79)]
    public string SrtPassphrase { get; set; } = "";

    /// <summary>RTMP connections at once. Default 256: 64 lessons with four cameras.</summary>
    [Range(1, 4096)]
    public int MaxConnections { get; set; } = 256;

    /// <summary>A lesson's source is fetched from so long before its start. Default 5 min: trouble shows before the bell.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "02:00:00")]
    public TimeSpan SourceLead { get; set; } = TimeSpan.FromMinutes(5);
}

[OptionsValidator]
public sealed partial class IngestOptionsValidator : IValidateOptions<IngestOptions>;
