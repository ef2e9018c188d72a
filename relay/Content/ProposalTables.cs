using Edge.Durable;

namespace Relay.Content;

/// <summary>Proposals, their signatures, those that go to boxes, and publishers. Times are Unix milliseconds.</summary>
public static class ProposalTables
{
    public static readonly Schema Schema = new("proposals",
    [
        """
        CREATE TABLE proposals (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            pack TEXT,                        -- null: a publisher
            version INTEGER NOT NULL,
            manifest BLOB,
            schools TEXT NOT NULL,            -- parted by commas
            due INTEGER,
            priority INTEGER NOT NULL,
            publisher BLOB,                   -- JSON
            at INTEGER NOT NULL,
            state INTEGER NOT NULL,           -- 0 waiting, 1 done, 2 refused
            reason TEXT
        );
        CREATE INDEX proposals_by_state ON proposals (state);
        CREATE TABLE approvals (
            proposal INTEGER NOT NULL REFERENCES proposals (id),
            key TEXT NOT NULL,
            name TEXT NOT NULL,
            statement TEXT NOT NULL,          -- signatures, base64
            approval TEXT NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (proposal, key)
        ) WITHOUT ROWID;
        CREATE TABLE pack_signatures (
            pack TEXT NOT NULL,
            version INTEGER NOT NULL,
            key TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (pack, version, key)
        ) WITHOUT ROWID;
        CREATE TABLE publishers (
            name TEXT PRIMARY KEY,
            json BLOB NOT NULL,               -- with its staff signatures
            revoked INTEGER                   -- null while in force
        ) WITHOUT ROWID;
        """,
        ContentTables.CountChanges("pack_signatures") + ContentTables.CountChanges("publishers"),
    ]);
}
