using Edge.Durable;

namespace Relay.Feedback;

/// <summary>What came up from the schools. Times are Unix milliseconds of the relay's clock, but for the box's own words about its time.</summary>
public static class FeedbackTables
{
    public static readonly Schema Schema = new("feedback",
    [
        """
        CREATE TABLE feedback (
            number INTEGER PRIMARY KEY AUTOINCREMENT,   -- order of arrival; within a box the order in which people gave
            id TEXT NOT NULL,                           -- ItemId
            box TEXT NOT NULL,
            school TEXT NOT NULL,
            epoch INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            priority INTEGER NOT NULL,
            lesson TEXT,
            second INTEGER,
            class TEXT NOT NULL,
            seat INTEGER NOT NULL,
            role INTEGER NOT NULL,
            subject TEXT,
            content TEXT NOT NULL,
            boot INTEGER NOT NULL,
            monotonic INTEGER NOT NULL,
            wall INTEGER NOT NULL,
            quality INTEGER NOT NULL,
            arrived INTEGER NOT NULL,
            state INTEGER NOT NULL DEFAULT 0,           -- FeedbackState
            reply TEXT,
            replied INTEGER
        );
        CREATE INDEX feedback_by_lesson ON feedback (lesson, kind, number);
        CREATE INDEX feedback_open ON feedback (kind, number) WHERE state = 0;
        """,
        """
        CREATE TABLE lesson_notes (
            number INTEGER PRIMARY KEY,
            lesson TEXT NOT NULL,
            school TEXT,                                -- null: every school of the lesson
            text TEXT NOT NULL,
            at INTEGER NOT NULL                         -- Unix milliseconds
        );
        CREATE INDEX lesson_notes_by_lesson ON lesson_notes (lesson);
        """,
        """
        ALTER TABLE feedback ADD COLUMN same_as INTEGER; -- the item that a duplicate is like; that one is no duplicate
        CREATE INDEX feedback_same ON feedback (same_as) WHERE same_as IS NOT NULL;
        """,
        """
        CREATE TABLE attachments (
            box TEXT NOT NULL,
            name TEXT NOT NULL,                         -- Attachment; subject of its question
            held INTEGER NOT NULL DEFAULT 0,            -- bytes on disk; all of them: checked
            PRIMARY KEY (box, name)
        ) WITHOUT ROWID;
        CREATE TABLE attachment_days (
            box TEXT NOT NULL,
            day INTEGER NOT NULL,                       -- days since 1970
            bytes INTEGER NOT NULL,
            PRIMARY KEY (box, day)
        ) WITHOUT ROWID;
        """,
        """
        CREATE TABLE usage (                            -- largest totals heard
            box TEXT NOT NULL,
            storage INTEGER NOT NULL,                   -- the box's file that counts
            day INTEGER NOT NULL,                       -- days since the year 1, by the box's time
            school TEXT NOT NULL,
            visits INTEGER NOT NULL,
            plays INTEGER NOT NULL,
            downloads INTEGER NOT NULL,
            applications INTEGER NOT NULL,
            PRIMARY KEY (box, storage, day)
        ) WITHOUT ROWID;
        CREATE INDEX usage_by_day ON usage (day);
        """,
    ]);
}
