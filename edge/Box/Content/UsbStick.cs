using Edge.Core.Content;
using Edge.Durable;
using Microsoft.Win32.SafeHandles;

namespace Edge.Box.Content;

/// <summary>The stick does not answer any more: it was pulled, or it is broken.</summary>
public sealed class StickLostException(string message, Exception? cause = null) : IOException(message, cause);

/// <summary>Reads the files of a stick. Whoever made it may wish us ill: lengths are known before anything is opened, links are never followed,
/// pipes and devices have no length and so are never opened, and no name on the stick becomes part of a path.</summary>
public sealed class UsbStick(string root)
{
    /// <summary>Folder that the stick is mounted on.</summary>
    public string Root => root;

    /// <summary>There is something of ours on it.</summary>
    public bool HasBundle => IsPlainFolder(UsbBundlePaths.Folder);

    /// <summary>Whether there is something for any school.</summary>
    public bool HasAnyHead => Guard(() => HasBundle && Directory.EnumerateFiles(Path.Combine(root, UsbBundlePaths.Folder), "school-*.head").Any());

    /// <summary>The head for a school; null when there is none, or it is not whole.</summary>
    public async Task<(bool Exists, UsbBundleHead? Head)> HeadAsync(string school, CancellationToken cancellationToken)
    {
        string path = UsbBundlePaths.HeadOf(school);
        if (LengthOf(path) is not { } length)
            return (false, null);
        UsbBundleHead? head = length <= UsbBundleHead.MaxBytes && await ReadAsync(path, 0, (int)length, cancellationToken) is { } bytes ? UsbBundleHead.Read(bytes) : null;
        return (true, head?.School == school ? head : null);
    }

    /// <summary>Corrections in words, all of them in one file; null when there are none, or more than a box keeps.</summary>
    /// <exception cref="StickLostException">The stick is gone.</exception>
    public async Task<byte[]?> ErrataAsync(CancellationToken cancellationToken) =>
        LengthOf(UsbBundlePaths.Errata) is { } length and <= ErratumRecords.MaxFileBytes ? await ReadAsync(UsbBundlePaths.Errata, 0, (int)length, cancellationToken) : null;

    /// <summary>An object whole.</summary>
    /// <returns>Null when it is missing, has another length or other bytes.</returns>
    /// <exception cref="StickLostException">The stick is gone.</exception>
    public async Task<byte[]?> ReadAsync(UsbBundleObject item, CancellationToken cancellationToken)
    {
        string path = UsbBundlePaths.Of(item.Id);
        return LengthOf(path) == item.LengthBytes && await ReadAsync(path, 0, item.LengthBytes, cancellationToken) is { } bytes && ChunkId.Of(bytes) == item.Id ? bytes : null;
    }

    /// <summary>A stretch of a volume; not checked, since each chunk in it is.</summary>
    /// <returns>Null when the volume is missing or has another length.</returns>
    /// <exception cref="StickLostException">The stick is gone.</exception>
    public async Task<byte[]?> ReadAsync(VolumeRef volume, int offsetBytes, int lengthBytes, CancellationToken cancellationToken)
    {
        string path = UsbBundlePaths.Of(volume.Id);
        return LengthOf(path) == volume.LengthBytes ? await ReadAsync(path, offsetBytes, lengthBytes, cancellationToken) : null;
    }

    /// <summary>Writes a file into the return folder: whole under its name, or not there.</summary>
    /// <exception cref="IOException">The stick is read-only, full or gone, or there is a link where a file or folder should be.</exception>
    public async Task WriteAsync(string path, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (!InPlainFolders(path))
            throw new IOException($"{path} is not in a plain folder");
        string target = Path.Combine(root, path);
        // Whoever planted a link there would have us write elsewhere.
        foreach (string name in (string[])[target, DurableFile.TemporaryFor(target)])
        {
            if (new FileInfo(name) is { LinkTarget: not null })
                throw new IOException($"{name} is a link");
        }
        await DurableFile.WriteAsync(target, bytes, cancellationToken);
    }

    /// <summary>Removes a file that this box wrote before, if it is there.</summary>
    public void Remove(string path)
    {
        if (InPlainFolders(path))
            File.Delete(Path.Combine(root, path));
    }

    /// <summary>Length of a plain file; null when it is missing or something else than a plain file in plain folders.</summary>
    private long? LengthOf(string path) => Guard<long?>(() =>
    {
        if (!InPlainFolders(path))
            return null;
        var file = new FileInfo(Path.Combine(root, path));
        return file.Exists && !file.Attributes.HasFlag(FileAttributes.ReparsePoint) && file.Length > 0 ? file.Length : null;
    });

    private bool InPlainFolders(string path)
    {
        for (string? folder = Path.GetDirectoryName(path); folder is { Length: > 0 }; folder = Path.GetDirectoryName(folder))
        {
            if (!IsPlainFolder(folder))
                return false;
        }
        return true;
    }

    private bool IsPlainFolder(string folder)
    {
        var info = new DirectoryInfo(Path.Combine(root, folder));
        return info.Exists && !info.Attributes.HasFlag(FileAttributes.ReparsePoint);
    }

    private async Task<byte[]?> ReadAsync(string path, int offsetBytes, int lengthBytes, CancellationToken cancellationToken)
    {
        try
        {
            using SafeFileHandle handle = File.OpenHandle(Path.Combine(root, path), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            byte[] bytes = new byte[lengthBytes];
            int have = 0;
            for (int read; have < bytes.Length && (read = await RandomAccess.ReadAsync(handle, bytes.AsMemory(have), offsetBytes + have, cancellationToken)) > 0;)
                have += read;
            return have == bytes.Length ? bytes : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException && HasBundle)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StickLostException(e.Message, e);
        }
    }

    private static T Guard<T>(Func<T> look)
    {
        try
        {
            return look();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StickLostException(e.Message, e);
        }
    }
}
