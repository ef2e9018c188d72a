using Edge.Durable;

namespace Edge.Box.Content;

/// <summary>Where chunks lie on disk, and which pack versions show.</summary>
internal static class ContentTables
{
    public static readonly Schema Schema = new("content",
    [
        """
        CREATE TABLE chunks (
            id BLOB PRIMARY KEY,
            file INTEGER NOT NULL,
            offset INTEGER NOT NULL,          -- of the bytes, behind the record's head
            stored INTEGER NOT NULL,
            length INTEGER NOT NULL,
            coding INTEGER NOT NULL,
            crc INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX chunks_by_place ON chunks (file, offset);
        CREATE TABLE shown (
            pack TEXT PRIMARY KEY,
            version INTEGER NOT NULL,
            manifest BLOB NOT NULL
        ) WITHOUT ROWID;
        """,
        """
        ALTER TABLE shown ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;   -- of all its files
        ALTER TABLE shown ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;    -- order in which versions came to show
        CREATE INDEX shown_by_turn ON shown (turn);
        """,
    ]);
}
