using Edge.Durable;

namespace Edge.Box.Content;

/// <summary>Versions that showed before: pages made from them go on getting their files for as long as those are in the store.</summary>
internal static class FormerTables
{
    public static readonly Schema Schema = new("former",
    [
        """
        CREATE TABLE former (
            pack TEXT NOT NULL,
            version INTEGER NOT NULL,
            manifest BLOB NOT NULL,
            turn INTEGER NOT NULL,            -- order in which they went
            PRIMARY KEY (pack, version)
        ) WITHOUT ROWID;
        """,
    ]);
}
