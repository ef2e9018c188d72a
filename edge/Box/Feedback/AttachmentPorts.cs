using Edge.Core.Sync;

namespace Edge.Box.Feedback;

/// <summary>What photos and sounds ask of the rest of the box. Joined in BoxServer.</summary>
/// <param name="Folder">Where they lie.</param>
/// <param name="Relay">The relay's box API; null until the box is claimed.</param>
/// <param name="Grant">What the rules of the link give for so many bytes now: nothing while a live lesson needs it.</param>
public sealed record AttachmentPorts(string Folder, Func<HttpClient?> Relay, Func<int, CancellationToken, Task<LinkAnswer>> Grant);
