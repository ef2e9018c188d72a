using Edge.Durable;

namespace Relay.Sync;

/// <summary>How far each box's items are in and what goes down to it. Times are Unix milliseconds of the relay's clock.</summary>
public static class SyncTables
{
    public static readonly Schema Schema = new("sync",
    [
        """
        CREATE TABLE cursors (
            box TEXT PRIMARY KEY,
            epoch INTEGER NOT NULL,
            storage INTEGER NOT NULL,         -- 64 bits, sign as it falls
            through INTEGER NOT NULL,
            down_last INTEGER NOT NULL,       -- sequence of the newest item down
            down_through INTEGER NOT NULL     -- what the box reported last
        ) WITHOUT ROWID;
        CREATE TABLE ingested (               -- every item ever taken in, by content: exactly once, whatever its number
            box TEXT NOT NULL,
            digest BLOB NOT NULL,
            epoch INTEGER NOT NULL,           -- where it stood last
            sequence INTEGER NOT NULL,
            PRIMARY KEY (box, digest)
        ) WITHOUT ROWID;
        CREATE INDEX ingested_by_place ON ingested (box, epoch, sequence);
        CREATE TABLE set_aside (              -- what could not be read; the cursor went on
            id INTEGER PRIMARY KEY,
            box TEXT NOT NULL,
            epoch INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            reason TEXT NOT NULL,
            bytes BLOB NOT NULL,
            at INTEGER NOT NULL
        );
        CREATE TABLE down_items (
            box TEXT NOT NULL,
            sequence INTEGER NOT NULL,
            id TEXT NOT NULL,
            kind INTEGER NOT NULL,
            about TEXT,
            lesson TEXT,
            text TEXT NOT NULL,
            queued INTEGER NOT NULL,
            delivered INTEGER,                -- when the box reported it; kept, for a box that loses its card
            PRIMARY KEY (box, sequence)
        ) WITHOUT ROWID;
        """,
        """
        CREATE TABLE epochs (                 -- what a box was issued: many in a day are two boxes with one card
            box TEXT NOT NULL,
            epoch INTEGER NOT NULL,
            why TEXT NOT NULL,                -- IngestVerdict
            at INTEGER NOT NULL,
            PRIMARY KEY (box, epoch)
        ) WITHOUT ROWID;
        CREATE INDEX epochs_by_time ON epochs (at);
        """,
        """
        ALTER TABLE down_items ADD COLUMN same INTEGER NOT NULL DEFAULT 0;
        """,
    ]);
}
