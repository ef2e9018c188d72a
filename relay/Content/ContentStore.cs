using System.Security.Cryptography;
using Edge.Core.Content;

namespace Relay.Content;

/// <summary>What came of storing an object.</summary>
public enum PutOutcome
{
    Stored,
    /// <summary>It was there before.</summary>
    Held,
    /// <summary>The bytes are not those that the name says; nothing was kept.</summary>
    WrongBytes,
    /// <summary>Longer than an object may be; nothing was kept.</summary>
    TooLong,
}

/// <summary>Immutable objects (volumes, indexes, manifests) in a folder, named by their SHA-256. An object is either whole under its name or not there.</summary>
public sealed class ContentStore
{
    /// <summary>Longest object: a full volume.</summary>
    public const int MaxObjectBytes = ContentLimits.MaxVolumeBytes;

    private readonly string _objects;
    private readonly string _incoming;
    private readonly IObjectDisk _disk;

    /// <param name="folder">Made if missing. Uploads that a former process left half are removed.</param>
    public ContentStore(string folder) : this(folder, new ObjectDisk())
    {
    }

    internal ContentStore(string folder, IObjectDisk disk)
    {
        _disk = disk;
        _objects = Path.Combine(folder, "objects");
        _incoming = Path.Combine(folder, "incoming");
        if (Directory.Exists(_incoming))
            Directory.Delete(_incoming, recursive: true);
        Directory.CreateDirectory(_incoming);
        _disk.MakeFolder(_objects);
        _disk.FlushNames(folder);
    }

    /// <summary>Where an object lies, or would.</summary>
    public string PathOf(ChunkId id)
    {
        string name = id.ToString();
        return Path.Combine(_objects, name[..2], name);
    }

    /// <returns>Length of the object; null when it is not held.</returns>
    public long? LengthOf(ChunkId id) => new FileInfo(PathOf(id)) is { Exists: true } file ? file.Length : null;

    /// <exception cref="FileNotFoundException">It is not held.</exception>
    public FileStream OpenRead(ChunkId id) => new(PathOf(id), FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);

    /// <summary>Reads a small object whole.</summary>
    /// <returns>Null when it is not held or longer than <paramref name="maxBytes"/>.</returns>
    public async Task<byte[]?> ReadAsync(ChunkId id, int maxBytes, CancellationToken cancellationToken) =>
        LengthOf(id) is { } length && length <= maxBytes ? await File.ReadAllBytesAsync(PathOf(id), cancellationToken) : null;

    /// <summary>Stores an object of the relay's own making.</summary>
    public Task<PutOutcome> PutAsync(ChunkId id, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        PutAsync(id, new MemoryStream(System.Runtime.InteropServices.MemoryMarshal.TryGetArray(bytes, out ArraySegment<byte> array) ? array.Array! : bytes.ToArray(), array.Offset, bytes.Length, writable: false), cancellationToken);

    /// <summary>Removes an object that no list names any more; one that is not there is fine.</summary>
    public void Delete(ChunkId id) => _disk.Delete(PathOf(id));

    /// <summary>Stores what <paramref name="bytes"/> brings, if it is what <paramref name="id"/> says. On disk when the task completes.</summary>
    /// <exception cref="IOException">Disk full, or the sender broke off; nothing was kept.</exception>
    public async Task<PutOutcome> PutAsync(ChunkId id, Stream bytes, CancellationToken cancellationToken)
    {
        string target = PathOf(id);
        if (File.Exists(target))
        {
            // Whoever gave it this name may have been killed, or be still about to make the name last.
            FlushNames(target);
            return PutOutcome.Held;
        }
        string temporary = Path.Combine(_incoming, Guid.NewGuid().ToString("N"));
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await using (Stream file = _disk.Create(temporary))
            {
                byte[] buffer = new byte[128 << 10];
                long length = 0;
                for (int read; (read = await bytes.ReadAsync(buffer, cancellationToken)) > 0;)
                {
                    length += read;
                    if (length > MaxObjectBytes)
                        return PutOutcome.TooLong;
                    hash.AppendData(buffer, 0, read);
                    await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                }
                if (new ChunkId(hash.GetHashAndReset()) != id)
                    return PutOutcome.WrongBytes;
                _disk.Flush(file);
            }
            string folder = Path.GetDirectoryName(target)!;
            if (!Directory.Exists(folder))
                _disk.MakeFolder(folder);
            _disk.Move(temporary, target);
            FlushNames(target);
            return PutOutcome.Stored;
        }
        finally
        {
            _disk.Delete(temporary);
        }
    }

    private void FlushNames(string target)
    {
        _disk.FlushNames(Path.GetDirectoryName(target)!);
        _disk.FlushNames(_objects);
    }
}
