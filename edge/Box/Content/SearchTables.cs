using Edge.Durable;

namespace Edge.Box.Content;

/// <summary>What the library's search goes by. A file of its own: all of it is made from the manifests of what shows.</summary>
internal static class SearchTables
{
    public static readonly Schema Schema = new("search",
    [
        """
        CREATE TABLE shapes (
            id INTEGER PRIMARY KEY,
            text TEXT NOT NULL UNIQUE         -- JSON: what packs are filtered by
        );
        CREATE TABLE sets (
            id INTEGER PRIMARY KEY,
            pack TEXT NOT NULL UNIQUE,
            version INTEGER NOT NULL,
            manifest BLOB NOT NULL,
            place TEXT NOT NULL,              -- subject, grade, title: their order
            shape INTEGER NOT NULL REFERENCES shapes (id),
            title TEXT NOT NULL,              -- JSON: language -> text
            files INTEGER NOT NULL,
            bytes INTEGER NOT NULL
        );
        CREATE INDEX sets_in_order ON sets (place, shape);
        -- Terms come cut already (SearchText); this tokenizer keeps them as they are.
        CREATE VIRTUAL TABLE words USING fts5 (title, more, content = '', contentless_delete = 1, detail = column, tokenize = 'ascii');
        """,
        "ALTER TABLE sets ADD COLUMN layer INTEGER NOT NULL DEFAULT 0; -- state of the school's own changes that was entered; 0: none",
    ]);
}
