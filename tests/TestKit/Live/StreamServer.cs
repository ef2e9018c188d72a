using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TestKit.Live;

/// <summary>A source that the relay or a box fetches by HTTP, and that misbehaves when told to: an endless answer, given in real time.</summary>
public sealed class StreamServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;
    private readonly byte[] _stream;
    private readonly TimeSpan _duration;
    private int _calls;

    private StreamServer(byte[] stream, TimeSpan duration)
    {
        (_stream, _duration) = (stream, duration);
        _listener.Start();
        _serving = AcceptAsync();
    }

    /// <summary>How often it was asked.</summary>
    public int Calls => Volatile.Read(ref _calls);

    public string Address => $"http://{_listener.LocalEndpoint}/camera.ts";

    /// <summary>What is given in the next tenth of a second instead of the stream's own bytes; null: the connection is closed.</summary>
    public Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>?> Served { get; set; } = bytes => bytes;

    /// <param name="stream">Given from its start at each call, and again when it is over.</param>
    public static StreamServer Start(byte[] stream, TimeSpan duration) => new(stream, duration);

    /// <summary>The ffmpeg that fetches from here.</summary>
    public int FetchingProcess() => Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _))
        .Select(name => int.Parse(name!, CultureInfo.InvariantCulture)).Single(IsFetching);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var calls = new List<Task>();
        try
        {
            while (true)
                calls.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(calls);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        Interlocked.Increment(ref _calls);
        const int PerSecond = 10;
        using (client)
        {
            try
            {
                NetworkStream wire = client.GetStream();
                await wire.WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\nConnection: close\r\n\r\n"), _stop.Token);
                int part = (int)(_stream.Length / 188 / (_duration.TotalSeconds * PerSecond)) * 188;
                for (int at = 0; ; at = at + 2 * part > _stream.Length ? 0 : at + part)
                {
                    if (Served(_stream.AsMemory(at, part)) is not { } bytes)
                        return;
                    await wire.WriteAsync(bytes, _stop.Token);
                    await Task.Delay(TimeSpan.FromSeconds(1.0 / PerSecond), TimeProvider.System, _stop.Token);
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // The other end hung up, or the test is over.
            }
        }
    }

    private bool IsFetching(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline").Split('\0') is ["ffmpeg", ..] words && words.Contains(Address);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
