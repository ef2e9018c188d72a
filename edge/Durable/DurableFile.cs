using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Edge.Durable;

/// <summary>Writes whole files so that after a power cut there is either the former file or the new one, never a part.</summary>
public static partial class DurableFile
{
    /// <summary>Replaces <paramref name="path"/>: temporary name beside it, flush to disk, rename, sync of the folder.</summary>
    /// <exception cref="IOException">Disk full, read-only, or the folder is missing; the former file stays.</exception>
    public static async Task WriteAsync(string path, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        string temporary = TemporaryFor(path);
        try
        {
            using (SafeFileHandle handle = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write, FileShare.None, FileOptions.Asynchronous))
            {
                await RandomAccess.WriteAsync(handle, bytes, 0, cancellationToken);
                RandomAccess.FlushToDisk(handle);
            }
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
        MoveInto(temporary, path);
    }

    /// <summary>As <see cref="WriteAsync"/>, readable by this process's user only: for private keys.</summary>
    public static async Task WriteSecretAsync(string path, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        string temporary = TemporaryFor(path);
        File.Delete(temporary);
        await using (var stream = new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            await stream.WriteAsync(bytes, cancellationToken);
            stream.Flush(flushToDisk: true);
        }
        MoveInto(temporary, path);
    }

    /// <summary>Gives a file that is whole and flushed its final name, and syncs the folder so that the name survives too.</summary>
    public static void MoveInto(string temporary, string path)
    {
        File.Move(temporary, path, overwrite: true);
        SyncFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Removes a file, if it is there, so that it stays away after a power cut.</summary>
    public static void Remove(string path)
    {
        if (!File.Exists(path))
            return;
        File.Delete(path);
        SyncFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Makes names created in or removed from <paramref name="folder"/> survive a power cut (fsync of the directory).</summary>
    public static void SyncFolder(string folder)
    {
        // .NET opens no directories; the three calls of libc do.
        int descriptor = Open(folder, ReadOnlyDirectory);
        if (descriptor < 0)
            throw new IOException($"cannot open folder {folder}: error {Marshal.GetLastPInvokeError()}");
        try
        {
            if (FSync(descriptor) != 0)
                throw new IOException($"cannot sync folder {folder}: error {Marshal.GetLastPInvokeError()}");
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    // A fixed name per target: a crash leaves at most one, and the next write replaces it.
    /// <summary>The name under which a file is written before it gets its own.</summary>
    public static string TemporaryFor(string path) => path + ".tmp";

    // O_RDONLY | O_CLOEXEC; O_DIRECTORY is left out since its value differs between x86 and ARM.
    private const int ReadOnlyDirectory = 0x80000;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
