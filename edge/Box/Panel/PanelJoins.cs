using Edge.Core.Panel;

namespace Edge.Box.Panel;

/// <summary>What the panel needs of the rest of the box; given in Program.cs.</summary>
/// <param name="Facts">What the box knows now. Called up to ten times a second and at each press, from any thread: quick, no IO, no exceptions.</param>
/// <param name="Act">Acts on one effect. Effects come one at a time, in order; an effect that fails is logged and not repeated.</param>
/// <param name="Text">Language, key, arguments → text for people.</param>
/// <param name="DataFolder">Folder for the panel's memory; exists.</param>
/// <param name="MayPress">Whether somebody on the network may press a button; null: everybody may press all.</param>
public sealed record PanelJoins(
    Func<PanelFacts> Facts,
    Func<PanelEffect, CancellationToken, Task> Act,
    Func<string, string, object[], string> Text,
    string DataFolder,
    Func<HttpContext, PanelButton, bool>? MayPress = null);
