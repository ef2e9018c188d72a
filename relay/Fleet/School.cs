using Edge.Core.Sync;
using Edge.Core.Text;

namespace Relay.Fleet;

/// <summary>A school in the registry. <paramref name="Link"/>: how packs share its link; null leaves it to the settings of its boxes.</summary>
public sealed record School(string Id, LocalText Name, LinkTerms? Link = null);
