using Edge.Durable;

namespace Relay.Bundle;

/// <summary>Which bundles were made: what a school has once it took one in.</summary>
internal static class UsbTables
{
    public static readonly Schema Schema = new("usb",
    [
        """
        CREATE TABLE usb_bundles (
            school TEXT NOT NULL,
            plan_version INTEGER NOT NULL,
            made INTEGER NOT NULL,            -- Unix milliseconds of the relay's clock
            manifests BLOB NOT NULL,          -- 32 bytes each: what the plan of that version named
            PRIMARY KEY (school, plan_version)
        ) WITHOUT ROWID;
        """,
    ]);
}
