using System.Collections.Concurrent;
using System.Security.Cryptography;
using Edge.Core.Content;
using Edge.Durable;

namespace Edge.Box.Content;

/// <summary>What came of taking in a file.</summary>
public enum FileIntake
{
    Taken,
    /// <summary>Longer than one file may be.</summary>
    TooLong,
    /// <summary>The school's room is used up, or the disk's.</summary>
    NoRoom,
}

/// <summary>The school's own files, named by their SHA-256. A file is whole under its name or not there, and is hashed again before it is first given out after a start.</summary>
public sealed class LocalFiles
{
    private const int BufferBytes = 128 << 10;

    private readonly string _files;
    private readonly string _incoming;
    private readonly LayerOptions _options;
    private readonly long _reserveBytes;
    private readonly Func<long> _freeBytes;
    private readonly ConcurrentDictionary<ChunkId, bool> _sound = new();

    /// <param name="folder">Made if missing; what a former process left half is removed.</param>
    /// <param name="options">Bounds.</param>
    /// <param name="reserveBytes">Disk space that stays free.</param>
    /// <param name="freeBytes">Free space of the disk.</param>
    public LocalFiles(string folder, LayerOptions options, long reserveBytes, Func<long> freeBytes)
    {
        _files = Path.Combine(folder, "files");
        _incoming = Path.Combine(folder, "incoming");
        (_options, _reserveBytes, _freeBytes) = (options, reserveBytes, freeBytes);
        if (Directory.Exists(_incoming))
            Directory.Delete(_incoming, recursive: true);
        Directory.CreateDirectory(_incoming);
        Directory.CreateDirectory(_files);
    }

    /// <summary>Bytes of all files.</summary>
    public long UsedBytes => new DirectoryInfo(_files).EnumerateFiles().Sum(file => file.Length);

    public bool Has(ChunkId id) => File.Exists(PathOf(id));

    /// <summary>Takes in what <paramref name="bytes"/> brings, never holding more than a buffer of it. On disk when the task completes.</summary>
    /// <exception cref="IOException">The disk fails, or the sender broke off; nothing was kept.</exception>
    public async Task<(FileIntake Intake, ChunkId Id, long LengthBytes)> TakeAsync(Stream bytes, CancellationToken cancellationToken)
    {
        string temporary = Path.Combine(_incoming, Guid.NewGuid().ToString("N"));
        long used = UsedBytes;
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            long length = 0;
            await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true))
            {
                byte[] buffer = new byte[BufferBytes];
                for (int read; (read = await bytes.ReadAsync(buffer, cancellationToken)) > 0;)
                {
                    length += read;
                    if (length > _options.MaxFileBytes)
                        return (FileIntake.TooLong, default, 0);
                    if (used + length > _options.QuotaBytes || _freeBytes() - read < _reserveBytes)
                        return (FileIntake.NoRoom, default, 0);
                    hash.AppendData(buffer, 0, read);
                    await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                }
                file.Flush(flushToDisk: true);
            }
            var id = new ChunkId(hash.GetHashAndReset());
            DurableFile.MoveInto(temporary, PathOf(id));
            _sound[id] = true;
            return (FileIntake.Taken, id, length);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <returns>Null when the file is missing or damaged.</returns>
    public async Task<Stream?> OpenAsync(ChunkId id, CancellationToken cancellationToken)
    {
        if (!Has(id))
            return null;
        if (!_sound.ContainsKey(id))
        {
            await using var check = new FileStream(PathOf(id), FileMode.Open, FileAccess.Read, FileShare.Read, BufferBytes, useAsync: true);
            if (new ChunkId(await SHA256.HashDataAsync(check, cancellationToken)) != id)
                return null;
            _sound[id] = true;
        }
        return new FileStream(PathOf(id), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, BufferBytes, useAsync: true);
    }

    /// <summary>Removes files that no change needs.</summary>
    public void KeepOnly(IReadOnlySet<ChunkId> needed)
    {
        foreach (FileInfo file in new DirectoryInfo(_files).EnumerateFiles())
        {
            if (!ChunkId.TryParse(file.Name, out ChunkId id) || !needed.Contains(id))
                file.Delete();
        }
    }

    private string PathOf(ChunkId id) => Path.Combine(_files, id.ToString());
}
