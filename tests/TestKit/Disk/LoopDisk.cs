using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace TestKit.Disk;

/// <summary>A file system of its own in a file, mounted through a loop device, whose power can be cut: what was not synced is gone, and the journal tells the rest at the next mount. Needs root.</summary>
public sealed partial class LoopDisk : IDisposable
{
    // EXT4_IOC_SHUTDOWN of linux/ext4.h, and "without flushing the log".
    private const nuint Shutdown = 0x8004587D;
    private const uint WithoutLog = 2;
    private const int CloseOnExec = 0x80000;

    private readonly string _first;
    private string _image;
    private int _copies;
    // A mount that failed has its own words; a second failure would bury them.
    private bool _mounted;

    private LoopDisk(string image, string folder) => (_first, _image, Folder) = (image, image, folder);

    /// <summary>Where it is mounted.</summary>
    public string Folder { get; }

    /// <summary>Why there can be none on this machine; null: there can.</summary>
    public static string? Trouble() =>
        !Environment.IsPrivilegedProcess ? "only root may mount"
        : !File.Exists("/dev/loop-control") ? "there is no /dev/loop-control"
        : null;

    /// <summary>Makes an ext4 file system and mounts it.</summary>
    public static LoopDisk Create(string image, string folder, long bytes)
    {
        using (FileStream file = File.Create(image))
            file.SetLength(bytes);
        Run("mkfs.ext4", "-q", "-F", image);
        Directory.CreateDirectory(folder);
        var disk = new LoopDisk(image, folder);
        disk.Mount();
        return disk;
    }

    /// <summary>From now on nothing reaches the disk, and whatever is tried fails.</summary>
    public void CutPower()
    {
        int descriptor = Checked(Open(Folder, CloseOnExec));
        try
        {
            uint how = WithoutLog;
            Checked(Control(descriptor, Shutdown, ref how));
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <summary>Mounts what reached the disk. Whoever wrote to it must have ended.</summary>
    public void Restore()
    {
        // Another namespace of this machine may still hold the old mount, and with it the dead file system: a copy is free of that.
        string copy = $"{_first}.{++_copies}";
        Run("umount", "-l", Folder);
        _mounted = false;
        Run("cp", "--sparse=always", _image, copy);
        File.Delete(_image);
        _image = copy;
        Mount();
    }

    public void Dispose()
    {
        if (_mounted)
            Run("umount", "-l", Folder);
    }

    private void Mount()
    {
        Run("mount", "-o", "loop", _image, Folder);
        _mounted = true;
    }

    private static void Run(string tool, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(tool, arguments) { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new IOException($"{tool} {string.Join(' ', arguments)}: {error.Trim()}");
    }

    private static int Checked(int result) => result >= 0 ? result : throw new IOException(new Win32Exception(Marshal.GetLastPInvokeError()).Message);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int descriptor, nuint request, ref uint argument);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
