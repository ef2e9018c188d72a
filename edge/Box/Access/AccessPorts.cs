using Edge.Core.Content;

namespace Edge.Box.Access;

/// <summary>What access asks of the rest of the box. Joined in BoxServer.</summary>
/// <param name="Folder">Where it keeps its files. They never leave the box.</param>
/// <param name="Plan">The newest verified plan; null before the first.</param>
/// <param name="Now">The time to go by; null when nobody knows it.</param>
/// <param name="HasButtons">The box has a panel that a hand can press.</param>
public sealed record AccessPorts(string Folder, Func<SitePlan?> Plan, Func<DateTimeOffset?> Now, bool HasButtons);
