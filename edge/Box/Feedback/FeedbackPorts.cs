using Edge.Core.Content;
using Edge.Core.Feedback;

namespace Edge.Box.Feedback;

/// <summary>What feedback asks of the rest of the box. Joined in BoxServer.</summary>
/// <param name="Plan">The newest verified plan; null before the first.</param>
/// <param name="Language">The language of who asks.</param>
/// <param name="ClockQuality">How far the wall clock can be believed now.</param>
public sealed record FeedbackPorts(Func<SitePlan?> Plan, Func<HttpContext, string> Language, Func<TimeQuality> ClockQuality);
