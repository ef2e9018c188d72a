using Edge.Core.Content;

namespace Edge.Box.Pages;

/// <summary>What every page may ask about this site. Joined in BoxServer.</summary>
/// <param name="Plan">The newest verified plan; null before the first.</param>
/// <param name="ClaimCode">The code to show while no school has claimed this box.</param>
public sealed record SiteFacts(Func<SitePlan?> Plan, Func<string?> ClaimCode);
