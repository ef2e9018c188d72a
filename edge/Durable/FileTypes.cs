using System.Runtime.InteropServices;

namespace Edge.Durable;

/// <summary>Tells plain files from what only looks like one. Opening a named pipe would wait for ever, and .NET does not tell before.</summary>
public static partial class FileTypes
{
    // Values of linux/stat.h and linux/fcntl.h; unlike struct stat, struct statx is the same on every processor.
    private const int AtCurrentFolder = -100;
    private const int NoFollow = 0x100;
    private const uint WantType = 1;
    private const int StatxBytes = 256;
    private const int ModeOffset = 28;
    private const ushort TypeMask = 0xF000;
    private const ushort RegularFile = 0x8000;

    /// <summary>True for a regular file; false for links, pipes, sockets, devices and folders.</summary>
    /// <exception cref="IOException">There is nothing of this name, or it may not be looked at.</exception>
    public static bool IsRegular(string path)
    {
        Span<byte> stat = stackalloc byte[StatxBytes];
        if (Statx(AtCurrentFolder, path, NoFollow, WantType, ref MemoryMarshal.GetReference(stat)) != 0)
            throw new IOException($"{path} cannot be read: error {Marshal.GetLastPInvokeError()}");
        return (MemoryMarshal.Read<ushort>(stat[ModeOffset..]) & TypeMask) == RegularFile;
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, ref byte stat);
}
