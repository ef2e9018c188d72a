using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Edge.Box.Sync;

/// <summary>The link to the relay (MQTT 5 over TLS). Section <c>Sync</c>.</summary>
public sealed class SyncOptions
{
    /// <summary>Name of the broker; null: the host of the relay's box API.</summary>
    public string? BrokerHost { get; set; }

    /// <summary>Port of the broker. Default 8883.</summary>
    [Range(1, 65535)]
    public int BrokerPort { get; set; } = 8883;

    /// <summary>The first attempt after a start waits a random part of this while the relay has not said otherwise; it asks a fleet for minutes, so that a region that gets its power back does not come all at once. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:30:00")]
    public TimeSpan FirstAttemptSpread { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest wait after the first failure; it doubles from there. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:10:00")]
    public TimeSpan FirstRetry { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Longest wait between attempts. Default 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan MaxRetry { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Longest wait for a connection or a broker's answer. Default 60 s: a TLS handshake over a satellite with losses.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How often an idle link says at first that it is there. The silence is doubled while the link stands it, halved when it does not. Default 5 min: shorter than usual NAT timeouts for TCP.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan KeepAlive { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The longest silence of an idle link. Default 20 min: 15 kB a day.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:45:00")]
    public TimeSpan MaxKeepAlive { get; set; } = TimeSpan.FromMinutes(20);

    /// <summary>After so many failures in a row to reach the broker, feedback goes over HTTPS, where the box's lists come from: some networks let nothing else through. Default 3.</summary>
    [Range(1, 100)]
    public int HttpsAfterFailures { get; set; } = 3;

    /// <summary>How long the broker keeps the session of a box that is away. Default 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan SessionExpiry { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long a first answer waits for others to share its message. Default 300 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan Linger { get; set; } = TimeSpan.FromMilliseconds(300);

    /// <summary>Most items in one batch. Default 100: 7 to 20 bytes an answer on the wire.</summary>
    [Range(1, 500)]
    public int BatchItems { get; set; } = 100;

    /// <summary>Most bytes of items in one batch before compression. Default 32 KiB: 4 s at 64 kbit/s if nothing compresses.</summary>
    [Range(4096, 200 << 10)]
    public int BatchBytes { get; set; } = 32 << 10;

    /// <summary>Most batches on their way. Default 2: one travels while one is stored.</summary>
    [Range(1, 16)]
    public int BatchesAhead { get; set; } = 2;

    /// <summary>How long to wait for the relay's ack before sending again. Default 60 s; doubles with each miss.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan AckPatience { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Shortest time between two status reports. Default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan StatusInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>A report is sent at least this often, even if nothing changed. Default 8 h: with the signs of life some 20 kB a day.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan StatusRefresh { get; set; } = TimeSpan.FromHours(8);
}

[OptionsValidator]
public sealed partial class SyncOptionsValidator : IValidateOptions<SyncOptions>;
