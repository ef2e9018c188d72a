using System.Runtime.InteropServices;

namespace Edge.Media.Srt;

/// <summary>The few calls of libsrt that a receiver needs (srt.h of 1.5; Debian's libsrt1.5-gnutls, which ffmpeg brings along).</summary>
internal static partial class LibSrt
{
    public const string Library = "libsrt-gnutls.so.1.5";

    public const int Error = -1;
    public const int Timeout = 6003;
    public const int WouldBlock = 6002;

    [LibraryImport(Library, EntryPoint = "srt_startup")]
    public static partial int Startup();

    [LibraryImport(Library, EntryPoint = "srt_create_socket")]
    public static partial int CreateSocket();

    [LibraryImport(Library, EntryPoint = "srt_setsockflag")]
    public static partial int SetNumber(int socket, SrtOption option, in int value, int bytes = sizeof(int));

    [LibraryImport(Library, EntryPoint = "srt_setsockflag")]
    public static partial int SetText(int socket, SrtOption option, ReadOnlySpan<byte> value, int bytes);

    [LibraryImport(Library, EntryPoint = "srt_getsockflag")]
    public static partial int GetNumber(int socket, SrtOption option, out int value, ref int bytes);

    [LibraryImport(Library, EntryPoint = "srt_getsockflag")]
    public static partial int GetText(int socket, SrtOption option, Span<byte> value, ref int bytes);

    [LibraryImport(Library, EntryPoint = "srt_bind")]
    public static partial int Bind(int socket, ReadOnlySpan<byte> address, int addressBytes);

    [LibraryImport(Library, EntryPoint = "srt_listen")]
    public static partial int Listen(int socket, int backlog);

    [LibraryImport(Library, EntryPoint = "srt_listen_callback")]
    public static unsafe partial int OnCall(int socket, delegate* unmanaged<nint, int, int, nint, nint, int> called, nint own);

    [LibraryImport(Library, EntryPoint = "srt_accept")]
    public static partial int Accept(int socket, nint address, nint addressBytes);

    [LibraryImport(Library, EntryPoint = "srt_recvmsg")]
    public static partial int Receive(int socket, Span<byte> buffer, int bytes);

    [LibraryImport(Library, EntryPoint = "srt_bstats")]
    public static partial int Figures(int socket, Span<byte> figures, int clear);

    [LibraryImport(Library, EntryPoint = "srt_close")]
    public static partial int Close(int socket);

    [LibraryImport(Library, EntryPoint = "srt_getlasterror")]
    public static partial int LastError(nint systemError);

    [LibraryImport(Library, EntryPoint = "srt_getlasterror_str")]
    private static partial nint LastErrorText();

    public static string Complaint() => Marshal.PtrToStringUTF8(LastErrorText()) ?? "";
}

/// <summary>SRT_SOCKOPT.</summary>
internal enum SrtOption
{
    ReceiveTimeout = 14,
    Passphrase = 26,
    ReceiveLatency = 43,
    StreamId = 46,
}
