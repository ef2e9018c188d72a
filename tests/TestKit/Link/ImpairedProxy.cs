using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace TestKit.Link;

/// <summary>A loopback TCP proxy that stands for a bad link: it can be cut and joined, slowed and delayed, and it counts what crosses it.
/// Works below TLS, so HTTPS and MQTT go through unchanged. All members may be called from any thread.</summary>
public sealed class ImpairedProxy : IAsyncDisposable
{
    private const int ChunkBytes = 4 << 10;
    private const int ChunksInFlight = 64;

    private readonly TcpListener _listener;
    private readonly int _targetPort;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly HashSet<Socket> _open = [];
    private readonly Task _accepting;
    private TaskCompletionSource _joined = Joined();
    private bool _refusing;
    private long _downBytes;
    private long _upBytes;
    private long _severAtDownBytes = long.MaxValue;
    private long _rateBytesPerSecond;
    private long _delayTicks;

    private ImpairedProxy(int targetPort, int port, IPAddress address)
    {
        _targetPort = targetPort;
        _listener = new TcpListener(address, port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Listens on <paramref name="port"/> (0: a free one) of loopback, or of <paramref name="address"/>, and leads to <paramref name="targetPort"/> of loopback.</summary>
    public static ImpairedProxy To(int targetPort, int port = 0, IPAddress? address = null) => new(targetPort, port, address ?? IPAddress.Loopback);

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Bytes given to clients since the start.</summary>
    public long DownBytes => Interlocked.Read(ref _downBytes);

    /// <summary>Bytes taken from clients since the start.</summary>
    public long UpBytes => Interlocked.Read(ref _upBytes);

    /// <summary>Bytes a second in each direction of each connection; 0: as fast as it goes.</summary>
    public long RateBytesPerSecond
    {
        get => Interlocked.Read(ref _rateBytesPerSecond);
        set => Interlocked.Exchange(ref _rateBytesPerSecond, value);
    }

    /// <summary>One-way delay; half the round trip.</summary>
    public TimeSpan Delay
    {
        get => new(Interlocked.Read(ref _delayTicks));
        set => Interlocked.Exchange(ref _delayTicks, value.Ticks);
    }

    /// <summary>Black hole: connections stay open and silent, as when a cable is pulled; what is on its way arrives after <see cref="Join"/>.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            if (_joined.Task.IsCompleted)
                _joined = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Resets every connection and refuses new ones until <see cref="Join"/>, as when a modem restarts.</summary>
    public void Sever()
    {
        lock (_gate)
        {
            _refusing = true;
            _severAtDownBytes = long.MaxValue;
            foreach (Socket socket in _open)
                Reset(socket);
            _open.Clear();
        }
    }

    /// <summary>Resets every connection once; new ones are let through at once.</summary>
    public void Blip()
    {
        Sever();
        Join();
    }

    /// <summary>Since <see cref="Sever"/>, and until <see cref="Join"/>.</summary>
    public bool IsSevered
    {
        get
        {
            lock (_gate)
                return _refusing;
        }
    }

    /// <summary>Does <see cref="Sever"/> by itself when so many more bytes went down: to cut inside a transfer at a known place.</summary>
    public void SeverAfter(long downBytes)
    {
        lock (_gate)
            _severAtDownBytes = DownBytes + downBytes;
    }

    /// <summary>The link is back.</summary>
    public void Join()
    {
        lock (_gate)
        {
            _refusing = false;
            _joined.TrySetResult();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        Sever();
        Join();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        while (!_stop.IsCancellationRequested)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptSocketAsync(_stop.Token);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                break;
            }
            connections.RemoveAll(task => task.IsCompleted);
            connections.Add(ServeAsync(client));
        }
        await Task.WhenAll(connections);
    }

    private async Task ServeAsync(Socket client)
    {
        var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        try
        {
            lock (_gate)
            {
                if (_refusing)
                {
                    Reset(client);
                    return;
                }
                _open.Add(client);
                _open.Add(server);
            }
            await WaitJoinedAsync();
            await server.ConnectAsync(IPAddress.Loopback, _targetPort, _stop.Token);
            await Task.WhenAll(PumpAsync(client, server, down: false), PumpAsync(server, client, down: true));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The test reads the outcome at the two ends; the link itself has nothing to tell.
        }
        finally
        {
            lock (_gate)
            {
                _open.Remove(client);
                _open.Remove(server);
            }
            client.Dispose();
            server.Dispose();
        }
    }

    private async Task PumpAsync(Socket from, Socket to, bool down)
    {
        var wire = Channel.CreateBounded<(byte[] Bytes, long Due)>(ChunksInFlight);
        Task delivering = DeliverAsync(wire.Reader, to, down);
        try
        {
            long free = TimeProvider.System.GetTimestamp();
            while (true)
            {
                byte[] buffer = new byte[ChunkBytes];
                int read = await from.ReceiveAsync(buffer, _stop.Token);
                if (read == 0)
                    break;
                long now = TimeProvider.System.GetTimestamp();
                long rate = RateBytesPerSecond;
                free = Math.Max(now, free) + (rate > 0 ? read * TimeProvider.System.TimestampFrequency / rate : 0);
                long due = free + Delay.Ticks * TimeProvider.System.TimestampFrequency / TimeSpan.TicksPerSecond;
                await wire.Writer.WriteAsync((buffer[..read], due), _stop.Token);
            }
            wire.Writer.Complete();
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            wire.Writer.TryComplete();
            Reset(to);
        }
        await delivering;
    }

    private async Task DeliverAsync(ChannelReader<(byte[] Bytes, long Due)> wire, Socket to, bool down)
    {
        try
        {
            await foreach ((byte[] bytes, long due) in wire.ReadAllAsync(_stop.Token))
            {
                TimeSpan wait = TimeProvider.System.GetElapsedTime(TimeProvider.System.GetTimestamp(), due);
                if (wait > TimeSpan.Zero)
                    await Task.Delay(wait, TimeProvider.System, _stop.Token);
                await WaitJoinedAsync();
                // Counted before it is sent: who has received it also sees it counted.
                (ReadOnlyMemory<byte> rest, bool last) = down ? CountDown(bytes) : (bytes, false);
                if (!down)
                    Interlocked.Add(ref _upBytes, rest.Length);
                while (!rest.IsEmpty)
                    rest = rest[await to.SendAsync(rest, _stop.Token)..];
                if (last)
                {
                    SeverUnlessGone(to);
                    return;
                }
            }
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // As above.
        }
    }

    /// <returns>What of <paramref name="bytes"/> still goes down, and whether the link is severed after it. Nothing may follow then: a stream with a hole in it is nothing that a link can do.</returns>
    private (ReadOnlyMemory<byte> Left, bool Last) CountDown(ReadOnlyMemory<byte> bytes)
    {
        lock (_gate)
        {
            long room = Math.Max(0, _severAtDownBytes - DownBytes);
            bool last = room <= bytes.Length;
            if (last)
                bytes = bytes[..(int)room];
            Interlocked.Add(ref _downBytes, bytes.Length);
            return (bytes, last);
        }
    }

    /// <summary>A connection that another one's <see cref="Sever"/> took with it is late: what is open by now is not its link any more.</summary>
    private void SeverUnlessGone(Socket socket)
    {
        lock (_gate)
        {
            if (_open.Contains(socket))
                Sever();
        }
    }

    private Task WaitJoinedAsync()
    {
        lock (_gate)
            return _joined.Task.WaitAsync(_stop.Token);
    }

    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Closed by its own end already.
        }
        socket.Close();
    }

    private static TaskCompletionSource Joined()
    {
        var joined = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        joined.SetResult();
        return joined;
    }
}
