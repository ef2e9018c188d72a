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
        // A place is given when an item is first sent. Of the former table only what can never have been sent loses its place: over 64 (the bound of Sync:DownAhead) beyond what the box had.
        """
        CREATE TABLE down_queue (
            number INTEGER PRIMARY KEY,       -- order of writing
            box TEXT NOT NULL,
            sequence INTEGER,                 -- null until it is first sent
            id TEXT NOT NULL,
            kind INTEGER NOT NULL,
            about TEXT,
            lesson TEXT,
            text TEXT NOT NULL,
            same INTEGER NOT NULL DEFAULT 0,
            erratum INTEGER NOT NULL DEFAULT 0,
            priority INTEGER NOT NULL,        -- FeedbackPriority
            expires INTEGER,                  -- null: never
            queued INTEGER NOT NULL,
            sent INTEGER,                     -- when it first went out
            delivered INTEGER,                -- when the box reported it; kept, for a box that loses its card
            emptied INTEGER                   -- when it expired with a place, before the box reported it: from then on it goes without its text
        );
        INSERT INTO down_queue (box, sequence, id, kind, about, lesson, text, same, priority, queued, sent, delivered)
            SELECT i.box, CASE WHEN i.delivered IS NULL AND i.sequence > 64 + max(coalesce(c.down_through, 0), coalesce(d.through, 0)) THEN NULL ELSE i.sequence END,
                i.id, i.kind, i.about, i.lesson, i.text, i.same, CASE i.kind WHEN 2 THEN 2 ELSE 1 END, i.queued, i.delivered, i.delivered
            FROM down_items i LEFT JOIN cursors c ON c.box = i.box
                LEFT JOIN (SELECT box, max(sequence) AS through FROM down_items WHERE delivered IS NOT NULL GROUP BY box) d ON d.box = i.box
            ORDER BY i.queued, i.box, i.sequence;
        UPDATE down_queue SET sent = queued WHERE sequence IS NOT NULL AND sent IS NULL;
        UPDATE cursors SET down_last = max(down_through, coalesce((SELECT max(sequence) FROM down_queue q WHERE q.box = cursors.box), 0));
        DROP TABLE down_items;
        ALTER TABLE down_queue RENAME TO down_items;
        CREATE UNIQUE INDEX down_by_place ON down_items (box, sequence) WHERE sequence IS NOT NULL;
        CREATE INDEX down_waiting ON down_items (box, priority, number) WHERE sequence IS NULL;
        CREATE INDEX down_by_id ON down_items (id);
        """,
    ]);
}
