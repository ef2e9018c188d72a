namespace Edge.Core.Content;

/// <summary>How old the signed lists are. It warns and does nothing else: a lesson that was verified stays, whatever a clock says.</summary>
public enum ListFreshness
{
    /// <summary>Within the time that they were signed for, or signed without one.</summary>
    Fresh,
    /// <summary>Catalogue or plan should have been renewed: the box has not heard of the relay for long.</summary>
    Stale,
    /// <summary>The root should have been renewed: the root keys' holders have forgotten it, or the box was away for years.</summary>
    Expired,
}
