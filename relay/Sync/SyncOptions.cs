using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.Extensions.Options;

namespace Relay.Sync;

/// <summary>Which broker carries the boxes' links.</summary>
public enum BrokerKind
{
    /// <summary>The relay's own, in this process.</summary>
    Embedded,
    /// <summary>Another program's (Mosquitto): the relay is its client, with a certificate of its own.</summary>
    External,
}

/// <summary>The boxes' links (MQTT 5 over TLS). Section <c>Sync</c>.</summary>
public sealed class SyncOptions : IValidatableObject
{
    /// <summary>Default embedded.</summary>
    public BrokerKind Broker { get; set; } = BrokerKind.Embedded;

    /// <summary>Embedded: the address to listen on. Default all.</summary>
    [Required]
    public string BrokerAddress { get; set; } = "0.0.0.0";

    /// <summary>External: the broker's name. Default localhost.</summary>
    [Required]
    public string BrokerHost { get; set; } = "localhost";

    /// <summary>Port to listen on or to connect to. Default 8883; 0 (embedded) takes a free one.</summary>
    [Range(0, 65535)]
    public int BrokerPort { get; set; } = 8883;

    /// <summary>Largest MQTT packet taken. Default 300 KiB: an envelope at its bound.</summary>
    [Range(64 << 10, 16 << 20)]
    public int MaxPacketBytes { get; set; } = 300 << 10;

    /// <summary>Longest TLS handshake. Default 30 s: a slow satellite link with losses.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan HandshakePatience { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest a batch waits for others to share its commit. Default 10 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:01")]
    public TimeSpan CommitWait { get; set; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Most batches in one commit. Default 200.</summary>
    [Range(1, 10_000)]
    public int CommitBatches { get; set; } = 200;

    /// <summary>How many boxes a second can connect. After an outage the boxes spread their first attempts so that no more come. Default 50: half of what one core's handshakes allow.</summary>
    [Range(1, 10_000)]
    public int ConnectsPerSecond { get; set; } = 50;

    /// <summary>Most messages down on their way to one box. Default 8.</summary>
    [Range(1, 64)]
    public int DownAhead { get; set; } = 8;

    /// <summary>How long to wait for a box to report an item down before it is sent again. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan DownPatience { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Last contact of a box is written down at most this often. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan SeenInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>External: longest wait between attempts to reach the broker. Default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:10:00")]
    public TimeSpan MaxRetry { get; set; } = TimeSpan.FromSeconds(15);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Broker == BrokerKind.Embedded && !IPAddress.TryParse(BrokerAddress, out _))
            yield return new ValidationResult($"\"{BrokerAddress}\" is no IP address", [nameof(BrokerAddress)]);
    }
}

[OptionsValidator]
public sealed partial class SyncOptionsValidator : IValidateOptions<SyncOptions>;
