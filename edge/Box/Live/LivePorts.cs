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

    /// <summary>Asks the rules of the link for so many bytes of what is not live. If none are set all is granted.</summary>
    public Func<int, CancellationToken, Task<LinkAnswer>> Grant { get; init; } = (wantedBytes, _) => Task.FromResult(new LinkAnswer(wantedBytes, TimeSpan.Zero, LinkHold.None));
}
