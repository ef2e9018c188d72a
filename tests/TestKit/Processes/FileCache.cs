using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace TestKit.Processes;

/// <summary>The system's memory of files: without it a start reads from the disk, as after power came back.</summary>
public static partial class FileCache
{
    private const int DontNeed = 4; // POSIX_FADV_DONTNEED

    /// <summary>Has the system forget the bytes of all files below <paramref name="folder"/>. Files that a running process has mapped stay.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    public static void Forget(string folder)
    {
        foreach (string path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            using SafeFileHandle file = File.OpenHandle(path);
            // What is not on disk yet cannot be forgotten.
            RandomAccess.FlushToDisk(file);
            if (Advise(file, 0, 0, DontNeed) is not 0 and var error)
                throw new IOException($"posix_fadvise({path}): {Marshal.GetPInvokeErrorMessage(error)}");
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeFileHandle file, long offset, long lengthBytes, int advice);
}
