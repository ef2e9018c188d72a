using System.Net;
using System.Net.Sockets;

namespace Edge.Box.Identity;

/// <summary>Opens TCP connections to the relay over links that come and go. A connection that is not answered at once is dialled again beside the first
/// (the kernel would wait 1, 2, 4 s), so that it stands soon after the link is back; the first that stands is taken.</summary>
public sealed class RelayDial(TimeProvider time)
{
    /// <summary>Longer than most round trips over a satellite.</summary>
    private static readonly TimeSpan DialAgain = TimeSpan.FromMilliseconds(750);

    /// <summary>How long one attempt is waited for: so no more than eight are under way at once, however long the link is away.</summary>
    private static readonly TimeSpan AttemptTime = 8 * DialAgain;

    /// <summary>How long an address is used without asking for the name again: it saves a round trip per connection.</summary>
    private static readonly TimeSpan AddressLife = TimeSpan.FromMinutes(5);

    /// <summary>With an old address at hand, no longer than this is waited for a new one: a name server is behind the same link.</summary>
    private static readonly TimeSpan ResolveTime = TimeSpan.FromSeconds(3);

    // TCP_WINDOW_CLAMP of Linux, on level IPPROTO_TCP: bounds the window exactly, which a receive buffer does not.
    private const int TcpLevel = 6;
    private const int WindowClamp = 10;

    private readonly Lock _gate = new();
    private (string Host, IPAddress[] Addresses, long At)? _known;

    /// <param name="to">Name and port.</param>
    /// <param name="windowBytes">Most bytes on the way to us; null: as the kernel likes.</param>
    /// <param name="cancellationToken">Ends the dialling.</param>
    /// <exception cref="SocketException">Refused, or no way there.</exception>
    public async Task<Socket> ConnectAsync(DnsEndPoint to, int? windowBytes, CancellationToken cancellationToken)
    {
        IPAddress[] addresses = await ResolveAsync(to.Host, cancellationToken);
        using var others = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var dialling = new List<Task<Socket>>();
        Socket? taken = null;
        try
        {
            for (int next = 0; ; next++)
            {
                dialling.RemoveAll(task => task.IsCanceled);
                IPAddress address = addresses[next % addresses.Length];
                dialling.Add(DialAsync(new IPEndPoint(address, to.Port), windowBytes, others.Token));
                Task again = Task.Delay(DialAgain, time, others.Token);
                // An address that refuses is left at once for the next one; when all refuse, there is nothing to wait for.
                while (dialling.FindAll(task => !task.IsCompleted || task.IsCompletedSuccessfully) is { Count: > 0 } open)
                {
                    Task first = await Task.WhenAny([.. open, again]);
                    cancellationToken.ThrowIfCancellationRequested();
                    if (first is Task<Socket> { IsCompletedSuccessfully: true } stands)
                        return taken = await stands;
                    if (first == again)
                        break;
                }
                if (next + 1 >= addresses.Length && dialling.TrueForAll(task => task.IsFaulted))
                    return await dialling[^1];
            }
        }
        finally
        {
            await others.CancelAsync();
            foreach (Task<Socket> task in dialling)
                _ = CloseUnlessAsync(taken, task);
        }
    }

    /// <summary>Lets go of a connection that stands after another was taken.</summary>
    private static async Task CloseUnlessAsync(Socket? taken, Task<Socket> dialling)
    {
        try
        {
            Socket stands = await dialling;
            if (stands != taken)
                stands.Dispose();
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // Nothing stands.
        }
    }

    private async Task<Socket> DialAsync(IPEndPoint to, int? windowBytes, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(AttemptTime, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var socket = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (windowBytes is { } bytes)
            {
                // The buffer holds more than the window: the kernel counts its own heads to it.
                socket.ReceiveBufferSize = 2 * bytes;
                socket.SetRawSocketOption(TcpLevel, WindowClamp, BitConverter.GetBytes(bytes));
            }
            await socket.ConnectAsync(to, either.Token);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        (string Host, IPAddress[] Addresses, long At)? known;
        lock (_gate)
            known = _known is { } last && last.Host == host ? last : null;
        if (known is { } fresh && time.GetElapsedTime(fresh.At) < AddressLife)
            return fresh.Addresses;
        using var limit = new CancellationTokenSource(known is null ? Timeout.InfiniteTimeSpan : ResolveTime, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            IPAddress[] addresses = await Dns.GetHostAddressesAsync(host, either.Token);
            if (addresses.Length > 0)
            {
                lock (_gate)
                    _known = (host, addresses, time.GetTimestamp());
                return addresses;
            }
        }
        catch (Exception e) when (known is not null && e is SocketException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            // The former address is better than none.
        }
        return known?.Addresses ?? throw new SocketException((int)SocketError.HostNotFound);
    }
}
