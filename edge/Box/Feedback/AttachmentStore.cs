using System.Collections.Immutable;
using Dapper;
using Edge.Core.Feedback;
using Edge.Durable;
using Microsoft.Extensions.Options;

namespace Edge.Box.Feedback;

/// <summary>A photo or sound that the relay has not got yet. <paramref name="Number"/>: of its question.</summary>
public sealed record OwedAttachment(Attachment Attachment, long Number);

/// <summary>Photos and sounds on disk, each under its name. The file is there before the row of its question is; a file without a row is left over from a power cut and removed at the start.</summary>
public sealed class AttachmentStore : IDisposable
{
    private readonly FeedbackDatabase _file;
    private readonly AttachmentOptions _options;
    private readonly string _folder;
    private readonly SemaphoreSlim _changing = new(1);

    /// <exception cref="IOException">The folder cannot be made.</exception>
    public AttachmentStore(FeedbackDatabase file, AttachmentPorts ports, IOptions<AttachmentOptions> options)
    {
        (_file, _options, _folder) = (file, options.Value, ports.Folder);
        Directory.CreateDirectory(_folder);
        HashSet<string> known = [.. _file.Database.Read(connection => connection.Query<string>("SELECT name FROM attachments"))];
        foreach (string path in Directory.EnumerateFiles(_folder).Where(path => !known.Contains(Path.GetFileName(path))))
            File.Delete(path);
    }

    /// <summary>Keeps the bytes, then the question: on disk both when the task completes, or neither.</summary>
    /// <param name="attachment">Its name.</param>
    /// <param name="bytes">Its content.</param>
    /// <param name="give">Gives the question with <paramref name="attachment"/> as its subject.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Null when there is no room for it; then nothing was given.</returns>
    /// <exception cref="IOException">The disk does not take it; nothing was given.</exception>
    public async Task<Given?> KeepAsync(Attachment attachment, ReadOnlyMemory<byte> bytes, Func<Task<Given>> give, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            if (!await MakeRoomAsync(attachment, cancellationToken))
                return null;
            await DurableFile.WriteAsync(PathOf(attachment), bytes, cancellationToken);
            Given given = await give();
            if (!IsKept(attachment))
                DurableFile.Remove(PathOf(attachment));
            return given;
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>The file of an attachment; null when it is no longer here.</summary>
    public string? Find(Attachment attachment) => File.Exists(PathOf(attachment)) ? PathOf(attachment) : null;

    /// <summary>The relay has it.</summary>
    public bool IsSent(Attachment attachment) =>
        _file.Database.Read(connection => connection.ExecuteScalar<bool?>("SELECT sent FROM attachments WHERE name = @name", new { name = attachment.ToString() })) ?? true;

    /// <summary>What the relay lacks and knows of by its question, oldest first.</summary>
    public ImmutableArray<OwedAttachment> Owed(int most) => _file.Database.Read(connection => connection.Query<(string Name, long Number)>(
            "SELECT name, number FROM attachments WHERE NOT sent AND number <= (SELECT sent_through FROM state) ORDER BY number LIMIT @most", new { most })
        .Select(row => Attachment.TryParse(row.Name, out Attachment attachment) ? new OwedAttachment(attachment, row.Number) : null).OfType<OwedAttachment>().ToImmutableArray());

    /// <summary>The relay has it now, or will never take it.</summary>
    public Task SentAsync(Attachment attachment, CancellationToken cancellationToken) => _file.Database.WriteAsync((connection, transaction) =>
        connection.Execute("UPDATE attachments SET sent = 1 WHERE name = @name", new { name = attachment.ToString() }, transaction), cancellationToken);

    /// <summary>The box has run for an hour more; what the relay has had for long enough is removed. No wall clock decides it.</summary>
    public async Task HourAsync(CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            await _file.Database.WriteAsync((connection, transaction) => connection.Execute("UPDATE attachments SET hours = hours + 1 WHERE sent", transaction: transaction), cancellationToken);
            await RemoveAsync("hours >= @hours", new { hours = _options.KeptHours }, cancellationToken);
        }
        finally
        {
            _changing.Release();
        }
    }

    public void Dispose() => _changing.Dispose();

    /// <summary>Part of the outbox's transaction that keeps the question.</summary>
    internal static void Add(Microsoft.Data.Sqlite.SqliteConnection connection, Microsoft.Data.Sqlite.SqliteTransaction transaction, FeedbackItem item, long number)
    {
        if (item.Kind == FeedbackKind.Question && Attachment.TryParse(item.Subject, out Attachment attachment))
            connection.Execute("INSERT OR IGNORE INTO attachments (name, bytes, number) VALUES (@name, @LengthBytes, @number)", new { name = attachment.ToString(), attachment.LengthBytes, number }, transaction);
    }

    private string PathOf(Attachment attachment) => Path.Combine(_folder, attachment.ToString());

    private bool IsKept(Attachment attachment) =>
        _file.Database.Read(connection => connection.ExecuteScalar<bool>("SELECT EXISTS (SELECT 1 FROM attachments WHERE name = @name)", new { name = attachment.ToString() }));

    private async Task<bool> MakeRoomAsync(Attachment attachment, CancellationToken cancellationToken)
    {
        if (Fits())
            return true;
        // Oldest first, until it fits: the relay has them.
        while (_file.Database.Read(connection => connection.ExecuteScalar<string?>("SELECT name FROM attachments WHERE sent ORDER BY number LIMIT 1")) is { } name)
        {
            await RemoveAsync("name = @name", new { name }, cancellationToken);
            if (Fits())
                return true;
        }
        return false;

        bool Fits() => OutboxRoom.AttachmentFits(_file.Database.Read(connection => connection.ExecuteScalar<long>("SELECT coalesce(sum(bytes), 0) FROM attachments")), attachment.LengthBytes,
            _options.RoomBytes, new DriveInfo(Path.GetFullPath(_folder)).AvailableFreeSpace, _options.ReserveBytes);
    }

    /// <summary>First the rows: a file that is left over goes at the next start.</summary>
    private async Task RemoveAsync(string where, object parameters, CancellationToken cancellationToken)
    {
        string[] names = await _file.Database.WriteAsync((connection, transaction) =>
            connection.Query<string>($"DELETE FROM attachments WHERE sent AND {where} RETURNING name", parameters, transaction).ToArray(), cancellationToken);
        foreach (string name in names)
            File.Delete(Path.Combine(_folder, name));
    }
}
