namespace Edge.Core.Panel;

/// <summary>One step of the panel: a gesture, or only time going by.</summary>
/// <param name="At">Now, on the panel's monotonic clock.</param>
public readonly record struct PanelInput(TimeSpan At, Gesture? Gesture = null);
