using Edge.Durable;

namespace Edge.Box.Content;

/// <summary>The school's changes to packs. A file of its own: unlike the index of chunks it cannot be made anew.</summary>
internal static class LocalTables
{
    public static readonly Schema Schema = new("local",
    [
        """
        CREATE TABLE changes (
            pack TEXT NOT NULL,
            number INTEGER NOT NULL,
            change BLOB NOT NULL,             -- LocalChange, JSON
            since INTEGER NOT NULL,           -- state of the layer from which it counts
            until INTEGER,                    -- state from which it no longer counts; null: it does
            PRIMARY KEY (pack, number)
        ) WITHOUT ROWID;
        CREATE TABLE layers (
            pack TEXT PRIMARY KEY,
            state INTEGER NOT NULL            -- grows with each change and each undoing
        ) WITHOUT ROWID;
        """,
    ]);
}
