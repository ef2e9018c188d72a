using Edge.Core.Panel;

namespace Edge.Box.Panel;

/// <summary>The panel at one moment, the same for every face.</summary>
/// <param name="Version">Differs whenever the view does. Grows while the process lives; it starts from the monotonic clock,
/// so a client that remembers one from before a restart sees that it is another.</param>
public sealed record PanelSnapshot(long Version, PanelView View);
