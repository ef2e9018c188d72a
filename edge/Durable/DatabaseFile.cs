using Microsoft.Data.Sqlite;

namespace Edge.Durable;

/// <summary>Tells a damaged database from other trouble, and takes one away.</summary>
public static class DatabaseFile
{
    private const int Corrupt = 11;
    private const int NotADatabase = 26;

    /// <summary>True when the file itself is damaged; a full, read-only or failing disk is not that.</summary>
    public static bool IsDamage(SqliteException e) => e.SqliteErrorCode is Corrupt or NotADatabase;

    /// <summary>Deletes a database that nobody has open, with its journal.</summary>
    public static void Delete(string path)
    {
        foreach (string suffix in (string[])["", "-wal", "-shm"])
            File.Delete(path + suffix);
    }
}
