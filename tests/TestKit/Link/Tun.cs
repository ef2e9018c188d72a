using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace TestKit.Link;

/// <summary>A TUN device in a network namespace: whole IP packets, one per read and write. Needs root.</summary>
internal sealed partial class Tun : IDisposable
{
    // From linux/if_tun.h, linux/sched.h and fcntl.h.
    private const nuint SetInterface = 0x400454CA;
    private const short TunWithoutHead = 0x0001 | 0x1000;
    private const int NewNetwork = 0x40000000;
    private const int ReadWrite = 2;
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const short ReadyToRead = 1;

    // So long a stop may take.
    private const int MomentMilliseconds = 100;

    private readonly int _descriptor;

    private Tun(int descriptor) => _descriptor = descriptor;

    /// <summary>Makes the device inside the namespace.</summary>
    /// <exception cref="IOException">No such namespace, no /dev/net/tun, or not root.</exception>
    public static Tun Create(string space, string device)
    {
        return In(space, () =>
        {
            int tun = Checked(Open("/dev/net/tun", ReadWrite | NonBlocking | CloseOnExec), "/dev/net/tun");
            byte[] request = new byte[40];
            Encoding.ASCII.GetBytes(device, request);
            BitConverter.TryWriteBytes(request.AsSpan(16), TunWithoutHead);
            Checked(Control(tun, SetInterface, request), device);
            return new Tun(tun);
        });
    }

    /// <summary>Makes something in a network namespace, as a socket, which stays there. A thread goes there for it, and no other.</summary>
    /// <exception cref="IOException">No such namespace, or not root.</exception>
    public static T In<T>(string space, Func<T> make) where T : class
    {
        T? made = null;
        Exception? trouble = null;
        var thread = new Thread(() =>
        {
            try
            {
                int there = Checked(Open($"/run/netns/{space}", CloseOnExec), space);
                try
                {
                    Checked(SetSpace(there, NewNetwork), space);
                }
                finally
                {
                    _ = Close(there);
                }
                made = make();
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                trouble = e;
            }
        });
        // The thread ends in the namespace and takes it with it.
        thread.Start();
        thread.Join();
        return made ?? throw new IOException(trouble!.Message, trouble);
    }

    /// <summary>Waits a moment for a packet.</summary>
    /// <returns>Its length; 0 when none came.</returns>
    public int Read(byte[] into)
    {
        var waiting = new Waiting(_descriptor, ReadyToRead);
        return Poll(ref waiting, 1, MomentMilliseconds) > 0 ? Math.Max(0, (int)Read(_descriptor, into, (nuint)into.Length)) : 0;
    }

    /// <summary>False when the kernel takes no packet, as when the device is down.</summary>
    public bool Write(byte[] packet) => Write(_descriptor, packet, (nuint)packet.Length) == packet.Length;

    public void Dispose() => _ = Close(_descriptor);

    private static int Checked(int result, string what) =>
        result >= 0 ? result : throw new IOException($"{what}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetSpace(int descriptor, int kind);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref Waiting waiting, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int descriptor, nuint request, byte[] argument);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(int descriptor, [Out] byte[] into, nuint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int descriptor, byte[] from, nuint length);

    /// <summary>pollfd of the C library.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Waiting(int descriptor, short events)
    {
        public int Descriptor = descriptor;
        public short Events = events;
        public short Happened;
    }
}
