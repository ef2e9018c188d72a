using Edge.Core.Content;
using Edge.Core.Feedback;

namespace Edge.Box.Feedback;

/// <summary>What feedback asks of the rest of the box. Joined in BoxServer.</summary>
/// <param name="Plan">The newest verified plan; null before the first.</param>
/// <param name="Language">The language of who asks.</param>
/// <param name="ClockQuality">How far the wall clock can be believed now.</param>
public sealed record FeedbackPorts(Func<SitePlan?> Plan, Func<HttpContext, string> Language, Func<TimeQuality> ClockQuality)
{
    /// <summary>Who gives an item, from who says to give it; null: this phone must join its class first. By default a class is open.</summary>
    public Func<HttpContext, FeedbackKind, Seat, Seat?> Giver { get; init; } = (_, _, claimed) => claimed;
}
