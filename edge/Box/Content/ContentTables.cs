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
        """
        CREATE TABLE chunks_2 (
            n INTEGER PRIMARY KEY,            -- grows with arrival
            id BLOB NOT NULL UNIQUE,
            file INTEGER,                     -- null: some pack needs it, and it is not here
            offset INTEGER,                   -- of the bytes, behind the record's head
            stored INTEGER,
            length INTEGER,
            coding INTEGER,
            crc INTEGER
        );
        INSERT INTO chunks_2 (id, file, offset, stored, length, coding, crc) SELECT id, file, offset, stored, length, coding, crc FROM chunks ORDER BY file, offset;
        DROP TABLE chunks;
        ALTER TABLE chunks_2 RENAME TO chunks;
        CREATE INDEX chunks_by_place ON chunks (file, offset);
        CREATE TABLE files (
            file INTEGER PRIMARY KEY,
            end INTEGER NOT NULL,             -- behind the last record that was committed
            live INTEGER NOT NULL             -- bytes of records that count; the rest is dead
        );
        INSERT INTO files SELECT file, max(offset + stored), sum(stored + 49) FROM chunks GROUP BY file;
        CREATE TABLE holders (                -- pack versions whose chunks are kept: shown, coming, or former ones
            n INTEGER PRIMARY KEY AUTOINCREMENT,
            pack TEXT NOT NULL,
            version INTEGER NOT NULL,
            manifest BLOB NOT NULL UNIQUE
        );
        CREATE TABLE uses (
            holder INTEGER NOT NULL,
            chunk INTEGER NOT NULL,
            PRIMARY KEY (holder, chunk)
        ) WITHOUT ROWID;
        CREATE INDEX uses_by_chunk ON uses (chunk, holder);
        CREATE TABLE loose (chunk INTEGER PRIMARY KEY) WITHOUT ROWID;     -- here, and no holder's
        INSERT INTO loose SELECT n FROM chunks;
        CREATE TABLE pins (pack TEXT PRIMARY KEY) WITHOUT ROWID;          -- by people at the school
        CREATE TABLE marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        INSERT INTO marks SELECT 'last file', max(file) FROM files HAVING count(*) > 0;
        """,
    ]);
}
