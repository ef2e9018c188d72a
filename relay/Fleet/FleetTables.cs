using Edge.Durable;

namespace Relay.Fleet;

/// <summary>Schools, boxes and claims. Times are Unix milliseconds of the relay's clock.</summary>
public static class FleetTables
{
    public static readonly Schema Schema = new("fleet",
    [
        """
        CREATE TABLE schools (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,               -- JSON: language -> text
            added INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE boxes (
            id TEXT PRIMARY KEY,
            school TEXT NOT NULL REFERENCES schools (id),
            epoch INTEGER NOT NULL,           -- feedback epoch the relay issued last
            certificate TEXT NOT NULL,        -- PEM
            claimed INTEGER NOT NULL,
            revoked INTEGER,
            connected INTEGER NOT NULL DEFAULT 0,
            last_contact INTEGER,
            status BLOB,                      -- newest StatusReport, JSON
            status_counter INTEGER NOT NULL DEFAULT 0
        ) WITHOUT ROWID;
        CREATE INDEX boxes_by_school ON boxes (school);
        CREATE TABLE enrolments (
            ticket TEXT PRIMARY KEY,
            code TEXT NOT NULL UNIQUE,
            request TEXT NOT NULL,            -- PKCS #10, PEM
            asked INTEGER NOT NULL,
            box TEXT REFERENCES boxes (id)    -- null until claimed
        ) WITHOUT ROWID;
        """,
        "ALTER TABLE schools ADD COLUMN link TEXT; -- JSON: LinkTerms; null leaves it to the boxes",
    ]);
}
