using Edge.Durable;

namespace Relay.Content;

/// <summary>Packs, who gets them, where chunks are, and the lists signed last. Times are Unix milliseconds of the relay's clock.</summary>
internal static class ContentTables
{
    public static readonly Schema Schema = new("content",
    [
        """
        CREATE TABLE volumes (
            number INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE,
            bytes INTEGER NOT NULL,
            index_id BLOB NOT NULL,
            index_bytes INTEGER NOT NULL
        );
        CREATE TABLE chunks (
            id BLOB PRIMARY KEY,
            volume INTEGER NOT NULL REFERENCES volumes (number)
        ) WITHOUT ROWID;
        CREATE TABLE pack_versions (
            pack TEXT NOT NULL,
            version INTEGER NOT NULL,
            manifest BLOB NOT NULL,
            manifest_bytes INTEGER NOT NULL,
            title TEXT NOT NULL,              -- JSON: language -> text
            files INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            created INTEGER NOT NULL,
            published INTEGER,                -- null until first published
            withdrawn INTEGER,                -- null unless taken back
            PRIMARY KEY (pack, version)
        ) WITHOUT ROWID;
        CREATE TABLE pack_targets (
            pack TEXT NOT NULL,
            school TEXT NOT NULL,             -- '*' is every school
            version INTEGER NOT NULL,
            due INTEGER,
            priority INTEGER NOT NULL,
            PRIMARY KEY (pack, school),
            FOREIGN KEY (pack, version) REFERENCES pack_versions (pack, version)
        ) WITHOUT ROWID;
        CREATE TABLE lists (
            name TEXT PRIMARY KEY,            -- 'catalogue', or 'plan' and the school
            version INTEGER NOT NULL,
            bytes BLOB NOT NULL
        ) WITHOUT ROWID;
        """,
        """
        CREATE TABLE pack_updates (
            pack TEXT NOT NULL,
            version INTEGER NOT NULL,
            from_version INTEGER NOT NULL,
            delta BLOB NOT NULL,
            delta_bytes INTEGER NOT NULL,
            bundle BLOB,                      -- its index; null: none
            bundle_bytes INTEGER NOT NULL DEFAULT 0,
            bundle_tried INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (pack, version, from_version),
            FOREIGN KEY (pack, version) REFERENCES pack_versions (pack, version)
        ) WITHOUT ROWID;
        """,
        """
        ALTER TABLE lists ADD COLUMN issued INTEGER;   -- Unix seconds, as in the list
        ALTER TABLE lists ADD COLUMN expires INTEGER;
        """,
        """
        CREATE TABLE errata (
            id TEXT PRIMARY KEY,
            number INTEGER NOT NULL UNIQUE,
            pack TEXT NOT NULL,
            payload BLOB NOT NULL             -- as it is signed when a box asks
        ) WITHOUT ROWID;
        """,
        "ALTER TABLE pack_updates ADD COLUMN chunk_bytes INTEGER NOT NULL DEFAULT 0",
        """
        CREATE TABLE pack_pins (
            pack TEXT NOT NULL,
            school TEXT NOT NULL,             -- '*' is every school
            PRIMARY KEY (pack, school)
        ) WITHOUT ROWID;
        """,
        // How often anything changed that signed lists are made of: so that nobody makes them anew for nothing.
        $"""
        CREATE TABLE list_changes (one INTEGER PRIMARY KEY CHECK (one = 1), count INTEGER NOT NULL);
        INSERT INTO list_changes (one, count) VALUES (1, 0);
        {CountChanges("pack_versions")}
        {CountChanges("pack_targets")}
        {CountChanges("pack_updates")}
        {CountChanges("pack_pins")}
        """,
    ]);

    /// <summary>Counts each row of a table that comes, changes or goes.</summary>
    public static string CountChanges(string table) => string.Concat(((string[])["INSERT", "UPDATE", "DELETE"]).Select(what =>
        $"CREATE TRIGGER {table}_{what.ToLowerInvariant()} AFTER {what} ON {table} BEGIN UPDATE list_changes SET count = count + 1; END;\n"));
}
