using Edge.Core.Content;
using Edge.Core.Sync;

namespace Edge.Box.Live;

/// <summary>What the live lessons need from their neighbours.</summary>
/// <param name="Folder">Where recordings lie, a folder per lesson.</param>
/// <param name="Plan">The newest verified plan; null before the first.</param>
/// <param name="Relay">The client to the relay's box API, with its base address; null until the box is claimed.</param>
public sealed record LivePorts(string Folder, Func<SitePlan?> Plan, Func<HttpClient?> Relay)
{
    /// <summary>The time to start lessons by; null when nobody knows it.</summary>
    public required Func<DateTimeOffset?> Now { get; init; }

    /// <summary>The client to other houses: it shows nobody who we are.</summary>
    public HttpClient Foreign { get; init; } = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(10), PooledConnectionLifetime = TimeSpan.FromMinutes(10), MaxAutomaticRedirections = 5 })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>The client to where a lesson comes from.</summary>
    public HttpClient? UpstreamOf(PlannedLesson lesson) => lesson.Hls is null ? Relay() : Foreign;

    /// <summary>Asks the rules of the link for so many bytes of what is not live. If none are set all is granted.</summary>
    public Func<int, CancellationToken, Task<LinkAnswer>> Grant { get; init; } = (wantedBytes, _) => Task.FromResult(new LinkAnswer(wantedBytes, TimeSpan.Zero, LinkHold.None));
}
