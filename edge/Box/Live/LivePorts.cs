using Edge.Core.Content;

namespace Edge.Box.Live;

/// <summary>What the live lessons need from their neighbours.</summary>
/// <param name="Folder">Where recordings lie, a folder per lesson.</param>
/// <param name="Plan">The newest verified plan; null before the first.</param>
/// <param name="Relay">The client to the relay's box API, with its base address; null until the box is claimed.</param>
public sealed record LivePorts(string Folder, Func<SitePlan?> Plan, Func<HttpClient?> Relay);
