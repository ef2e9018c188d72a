using System.Globalization;
using Edge.Durable;
using Microsoft.Win32.SafeHandles;

namespace Edge.Box.Content;

/// <summary>Store files in a folder: <c>000000.chunks</c>, <c>000001.chunks</c> …</summary>
internal sealed class StoreDisk : IStoreDisk
{
    private const string Extension = ".chunks";

    private readonly string _folder;

    /// <param name="folder">Made if missing, unless the disk is read-only.</param>
    public StoreDisk(string folder)
    {
        _folder = folder;
        Directory.CreateDirectory(folder);
    }

    public IReadOnlyList<int> Files =>
    [
        .. Directory.GetFiles(_folder, "*" + Extension)
            .Select(path => int.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out int file) ? file : -1)
            .Where(file => file >= 0).Order(),
    ];

    public int Read(int file, long offset, Span<byte> buffer)
    {
        if (Open(file, FileOptions.None) is not { } handle)
            return 0;
        using (handle)
        {
            int length = 0;
            for (int read; length < buffer.Length && (read = RandomAccess.Read(handle, buffer[length..], offset + length)) > 0;)
                length += read;
            return length;
        }
    }

    public async ValueTask<int> ReadAsync(int file, long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (Open(file, FileOptions.Asynchronous) is not { } handle)
            return 0;
        using (handle)
        {
            int length = 0;
            for (int read; length < buffer.Length && (read = await RandomAccess.ReadAsync(handle, buffer[length..], offset + length, cancellationToken)) > 0;)
                length += read;
            return length;
        }
    }

    public void Write(int file, long offset, IReadOnlyList<ReadOnlyMemory<byte>> bytes)
    {
        using SafeFileHandle handle = File.OpenHandle(PathOf(file), FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.Write(handle, bytes, offset);
    }

    public void Flush(int file)
    {
        using SafeFileHandle handle = File.OpenHandle(PathOf(file), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.FlushToDisk(handle);
    }

    public void FlushNames() => DurableFile.SyncFolder(_folder);

    public void Delete(int file) => File.Delete(PathOf(file));

    /// <summary>Null when compaction took the file away.</summary>
    private SafeFileHandle? Open(int file, FileOptions options)
    {
        try
        {
            return File.OpenHandle(PathOf(file), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, options);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private string PathOf(int file) => Path.Combine(_folder, file.ToString("D6", CultureInfo.InvariantCulture) + Extension);
}
