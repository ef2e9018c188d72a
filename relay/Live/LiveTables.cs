using Edge.Durable;

namespace Relay.Live;

/// <summary>The timetable and what each lesson has published. Times are Unix milliseconds of the relay's clock, durations 100 ns ticks.</summary>
public static class LiveTables
{
    public static readonly Schema Schema = new("live",
    [
        """
        CREATE TABLE lessons (
            id TEXT PRIMARY KEY,
            title TEXT NOT NULL,              -- JSON: language -> text
            class TEXT NOT NULL,
            subject TEXT NOT NULL,
            start INTEGER NOT NULL,
            duration INTEGER NOT NULL,
            kit TEXT,
            live INTEGER NOT NULL,
            stage TEXT NOT NULL,
            polls TEXT NOT NULL,              -- JSON
            schools TEXT,                     -- JSON list; null: every school
            ingest_key TEXT NOT NULL UNIQUE,
            origin TEXT NOT NULL,             -- name of this numbering, for boxes
            target INTEGER NOT NULL,          -- target duration, whole seconds, fixed
            ended INTEGER
        ) WITHOUT ROWID;
        CREATE TABLE lesson_segments (
            lesson TEXT NOT NULL REFERENCES lessons (id),
            sequence INTEGER NOT NULL,
            duration INTEGER NOT NULL,
            program_time INTEGER NOT NULL,    -- 100 ns ticks since the year 1, UTC
            discontinuity INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            sha256 BLOB NOT NULL,
            PRIMARY KEY (lesson, sequence)
        ) WITHOUT ROWID;
        """,
        """
        -- Lower rungs of the ladder: number, duration, date and discontinuities are those of the source's segment.
        CREATE TABLE lesson_rung_segments (
            lesson TEXT NOT NULL REFERENCES lessons (id),
            rung TEXT NOT NULL,
            sequence INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            sha256 BLOB NOT NULL,
            PRIMARY KEY (lesson, rung, sequence)
        ) WITHOUT ROWID;
        """,
        "ALTER TABLE lessons ADD COLUMN bells TEXT",   // JSON: school -> time; null: all as it is taught
        """
        CREATE TABLE lesson_cameras (
            lesson TEXT NOT NULL REFERENCES lessons (id),
            id TEXT NOT NULL,                 -- 'main' is there for every lesson, with the lesson's ingest key
            name TEXT NOT NULL,
            key TEXT NOT NULL UNIQUE,
            source TEXT,                      -- address to fetch from; null: the encoder sends
            chosen INTEGER NOT NULL,          -- exactly one of a lesson
            PRIMARY KEY (lesson, id)
        ) WITHOUT ROWID;
        INSERT INTO lesson_cameras SELECT id, 'main', '', ingest_key, NULL, 1 FROM lessons;
        """,
        """
        ALTER TABLE lessons ADD COLUMN teach_key TEXT;
        UPDATE lessons SET teach_key = lower(hex(randomblob(13)));
        CREATE UNIQUE INDEX lessons_by_teach_key ON lessons (teach_key);
        """,
        "ALTER TABLE lessons ADD COLUMN box_sources TEXT",   // JSON: school -> address; null: all take it from the relay
        """
        CREATE TABLE lesson_captions (
            lesson TEXT NOT NULL REFERENCES lessons (id),
            number INTEGER NOT NULL,          -- from 1, in the order in which they came
            language TEXT NOT NULL,
            start INTEGER NOT NULL,           -- milliseconds of the lesson
            until INTEGER NOT NULL,
            text TEXT NOT NULL,
            PRIMARY KEY (lesson, number),
            UNIQUE (lesson, language, start, text)
        ) WITHOUT ROWID;
        """,
        """
        ALTER TABLE lesson_cameras ADD COLUMN spare INTEGER NOT NULL DEFAULT 0;   -- its sound stands in; at most one of a lesson
        CREATE TABLE lesson_events (
            lesson TEXT NOT NULL REFERENCES lessons (id),
            number INTEGER NOT NULL,          -- from 1, in the order in which they happened
            at INTEGER NOT NULL,
            sound TEXT NOT NULL,              -- what became of the sound
            camera TEXT NOT NULL,             -- who is heard from then on
            PRIMARY KEY (lesson, number)
        ) WITHOUT ROWID;
        """,
    ]);
}
