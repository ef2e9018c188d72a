using Edge.Core.Text;

namespace Relay.Fleet;

/// <summary>A school in the registry.</summary>
public sealed record School(string Id, LocalText Name);
