using Dapper;
using Edge.Core.Content;
using Edge.Core.Feedback;
using Edge.Core.Identity;
using Edge.Durable;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace Relay.Feedback;

/// <summary>What came of a piece, or of asking.</summary>
public enum AttachmentAnswer
{
    /// <summary>So much is held now.</summary>
    Held,
    /// <summary>The piece does not go on where what is held ends.</summary>
    Elsewhere,
    /// <summary>No question names it (yet), or the piece is none.</summary>
    Unknown,
    /// <summary>Enough of this box for today, or the disk is short.</summary>
    Enough,
}

/// <summary>Photos and sounds as they come from the boxes. Only what a question names is taken, in order, and what is held is on disk; a whole one is checked against its name before anybody sees it.</summary>
public sealed class AttachmentStore(DurableDatabase database, string folder, IOptions<AttachmentOptions> options, TimeProvider time) : IDisposable
{
    // One at a time: a piece is a few milliseconds, and each box sends one after the other.
    private readonly SemaphoreSlim _taking = new(1);

    /// <summary>How much of it is here.</summary>
    public (AttachmentAnswer Answer, int HeldBytes) Ask(BoxId box, Attachment attachment) => database.Read(connection => HeldOf(connection, null, box, attachment)) is { } held
        ? (AttachmentAnswer.Held, held) : (AttachmentAnswer.Unknown, 0);

    /// <summary>Takes a piece; on disk when the task completes.</summary>
    /// <exception cref="IOException">The disk does not take it.</exception>
    public async Task<(AttachmentAnswer Answer, int HeldBytes)> TakeAsync(BoxId box, Attachment attachment, long offset, ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        await _taking.WaitAsync(cancellationToken);
        try
        {
            if (database.Read(connection => HeldOf(connection, null, box, attachment)) is not { } held)
                return (AttachmentAnswer.Unknown, 0);
            switch (PieceRule.Judge(held, attachment.LengthBytes, offset, piece.Length))
            {
                case PieceVerdict.Wrong:
                    return (AttachmentAnswer.Unknown, 0);
                case PieceVerdict.Elsewhere:
                    return (AttachmentAnswer.Elsewhere, held);
            }
            long day = time.GetUtcNow().ToUnixTimeSeconds() / (24 * 3600);
            Directory.CreateDirectory(folder);
            if (TakenOn(box, day) + piece.Length > options.Value.BoxDayBytes || new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace < options.Value.ReserveBytes)
                return (AttachmentAnswer.Enough, held);
            string path = PathOf(box, attachment);
            bool begun = held > 0 && File.Exists(path);
            if (held > 0 && !begun)
                held = 0;
            else
                held = await WriteAsync(path, begun, offset, piece, attachment, cancellationToken);
            await database.WriteAsync((connection, transaction) =>
            {
                connection.Execute("UPDATE attachments SET held = @held WHERE box = @box AND name = @name", new { held, box = box.ToString(), name = attachment.ToString() }, transaction);
                connection.Execute("DELETE FROM attachment_days WHERE day < @day", new { day }, transaction);
                connection.Execute("INSERT INTO attachment_days (box, day, bytes) VALUES (@box, @day, @length) ON CONFLICT (box, day) DO UPDATE SET bytes = bytes + @length",
                    new { box = box.ToString(), day, length = piece.Length }, transaction);
            }, cancellationToken);
            return (AttachmentAnswer.Held, held);
        }
        finally
        {
            _taking.Release();
        }
    }

    /// <summary>The file of a whole one; null while it is on its way.</summary>
    public string? Find(BoxId box, Attachment attachment) =>
        database.Read(connection => HeldOf(connection, null, box, attachment)) == attachment.LengthBytes && File.Exists(PathOf(box, attachment)) ? PathOf(box, attachment) : null;

    public void Dispose() => _taking.Dispose();

    /// <summary>A question names it; part of the transaction that keeps the question.</summary>
    internal static void Add(SqliteConnection connection, SqliteTransaction transaction, BoxId box, FeedbackItem item)
    {
        if (item.Kind == FeedbackKind.Question && Attachment.TryParse(item.Subject, out Attachment attachment))
            connection.Execute("INSERT OR IGNORE INTO attachments (box, name) VALUES (@box, @name)", new { box = box.ToString(), name = attachment.ToString() }, transaction);
    }

    private static int? HeldOf(SqliteConnection connection, SqliteTransaction? transaction, BoxId box, Attachment attachment) =>
        connection.ExecuteScalar<int?>("SELECT held FROM attachments WHERE box = @box AND name = @name", new { box = box.ToString(), name = attachment.ToString() }, transaction);

    private long TakenOn(BoxId box, long day) => database.Read(connection =>
        connection.ExecuteScalar<long>("SELECT coalesce(sum(bytes), 0) FROM attachment_days WHERE box = @box AND day = @day", new { box = box.ToString(), day }));

    /// <summary>A name ends in the hash of the content: a whole one whose bytes are others is begun anew.</summary>
    /// <returns>How much is held.</returns>
    private static async Task<int> WriteAsync(string path, bool begun, long offset, ReadOnlyMemory<byte> piece, Attachment attachment, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        // Behind what is held there may be bytes of a piece that a power cut left without a row: they are written over.
        using (SafeFileHandle file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, FileOptions.Asynchronous))
        {
            await RandomAccess.WriteAsync(file, piece, offset, cancellationToken);
            RandomAccess.FlushToDisk(file);
        }
        if (!begun)
        {
            DurableFile.SyncFolder(Path.GetDirectoryName(path)!);
            DurableFile.SyncFolder(Path.GetDirectoryName(Path.GetDirectoryName(path)!)!);
        }
        int held = (int)offset + piece.Length;
        if (held < attachment.LengthBytes)
            return held;
        byte[] whole = await File.ReadAllBytesAsync(path, cancellationToken);
        return whole.Length >= held && ChunkId.Of(whole.AsSpan(0, held)) == attachment.Hash ? held : 0;
    }

    private string PathOf(BoxId box, Attachment attachment) => Path.Combine(folder, box.ToString(), attachment.ToString());
}
