using Relay.Fleet;

namespace Relay.Console;

/// <summary>How a box stands to the relay.</summary>
public enum BoxLink
{
    Connected,
    /// <summary>No link now: the box works from its store, which is normal.</summary>
    Away,
    /// <summary>No link for longer than is normal.</summary>
    Silent,
    /// <summary>Claimed, but not heard of since.</summary>
    Never,
    Revoked,
}

/// <summary>Judges links.</summary>
internal static class BoxLinks
{
    public static BoxLink LinkAt(this FleetBox box, DateTimeOffset now, TimeSpan silentAfter) => box switch
    {
        { Revoked: true } => BoxLink.Revoked,
        { Connected: true } => BoxLink.Connected,
        { LastContact: null } => BoxLink.Never,
        { LastContact: { } last } => now - last > silentAfter ? BoxLink.Silent : BoxLink.Away,
    };
}
