using Edge.Durable;

namespace Edge.Box.Feedback;

/// <summary>Tables of the box's feedback file. An item's number is for people and never changes; its sequence in the epoch is number - base.</summary>
internal static class BoxFeedbackTables
{
    public static readonly Schema Schema = new("feedback",
    [
        """
        CREATE TABLE state (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            storage INTEGER NOT NULL,         -- chance, made with the file
            starts INTEGER NOT NULL,          -- how often the program has started on it
            epoch INTEGER NOT NULL,
            generation INTEGER NOT NULL,
            base INTEGER NOT NULL,            -- number of the item before the epoch's first
            last INTEGER NOT NULL,            -- sequences, as in Outbox
            acked INTEGER NOT NULL,
            kept INTEGER NOT NULL,
            sent_through INTEGER NOT NULL,    -- highest number the relay ever acked
            bytes INTEGER NOT NULL,           -- of all items held
            down_through INTEGER NOT NULL
        );
        CREATE TABLE items (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL,
            nonce TEXT UNIQUE,                -- the page's, so that a repeated post is one item
            kind INTEGER NOT NULL,
            lesson TEXT,
            subject TEXT,
            body BLOB NOT NULL,               -- FeedbackItem.ToBytes
            crc INTEGER NOT NULL              -- CRC-32C of body: cards flip bits
        );
        CREATE INDEX items_by_lesson ON items (lesson, kind, number);
        CREATE TABLE answers (
            place INTEGER PRIMARY KEY,        -- order of arrival
            id TEXT NOT NULL UNIQUE,
            kind INTEGER NOT NULL,
            about TEXT,
            lesson TEXT,
            text TEXT NOT NULL
        );
        CREATE INDEX answers_by_item ON answers (about);
        CREATE INDEX answers_by_lesson ON answers (lesson);
        """,
        """
        ALTER TABLE state ADD COLUMN spread_seconds INTEGER; -- LinkPace.SpreadSeconds as heard last
        ALTER TABLE items ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX items_urgent ON items (number) WHERE urgent;
        """,
        """
        ALTER TABLE answers ADD COLUMN same INTEGER NOT NULL DEFAULT 0; -- no answer, but word that others asked the same
        """,
        """
        ALTER TABLE answers ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE answers ADD COLUMN erratum INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE answers ADD COLUMN expires INTEGER;      -- Unix milliseconds of the relay's clock
        ALTER TABLE answers ADD COLUMN sent_at INTEGER;      -- the same clock when it was sent
        """,
        """
        CREATE TABLE attachments (
            name TEXT PRIMARY KEY,            -- Attachment, and its file's
            bytes INTEGER NOT NULL,
            number INTEGER NOT NULL,          -- of the question that it came with first
            sent INTEGER NOT NULL DEFAULT 0,  -- the relay has it
            hours INTEGER NOT NULL DEFAULT 0  -- that the box has run since then
        ) WITHOUT ROWID;
        """,
    ]);
}
