using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace TestKit.Link;

/// <summary>What a link is like, the same in both directions.</summary>
/// <param name="RateBitsPerSecond">0: as fast as it goes.</param>
/// <param name="Delay">One way; half the round trip.</param>
/// <param name="Loss">Share of packets lost on the way, each for itself.</param>
/// <param name="QueueBytes">Room before the slow part; what finds none is dropped.</param>
public sealed record LinkShape(long RateBitsPerSecond, TimeSpan Delay, double Loss, int QueueBytes)
{
    public static LinkShape Perfect { get; } = new(0, TimeSpan.Zero, 0, int.MaxValue);
}

/// <summary>What crossed a link in one direction since it was made.</summary>
/// <param name="Packets">Delivered.</param>
/// <param name="IpBytes">In them.</param>
/// <param name="TcpBytes">Of these, behind the heads of IP and TCP: what the programs sent, repetitions included.</param>
/// <param name="Lost">Packets lost by chance, by a full queue, by a cut.</param>
public readonly record struct LinkCount(long Packets, long IpBytes, long TcpBytes, long Lost);

/// <summary>A bad link between two network namespaces, forwarded packet by packet in this process: rate, delay, loss, a queue and cuts, below any program's feet.
/// For kernels without netem. Needs root and iproute2; touches nothing outside its namespaces but their files under /etc/netns. Members may be called from any thread.</summary>
public sealed class EmulatedLink : IDisposable
{
    public const string FarAddress = "10.77.0.1";
    public const string NearAddress = "10.77.0.2";

    /// <summary>The far end's name, at both ends.</summary>
    public const string FarName = "relay.test";
    private const string Device = "link0";
    private const int PacketBytes = 1500;

    private readonly Tun _farTun;
    private readonly Tun _nearTun;
    private readonly Direction _down;
    private readonly Direction _up;
    private readonly Thread[] _readers;
    private volatile bool _stopping;
    private volatile bool _cut;
    private LinkShape _shape;

    private EmulatedLink(string name, LinkShape shape, int seed)
    {
        (Far, Near, _shape) = ($"{name}-far", $"{name}-near", shape);
        IpRoute.Run("netns", "add", Far);
        IpRoute.Run("netns", "add", Near);
        _farTun = Tun.Create(Far, Device);
        _nearTun = Tun.Create(Near, Device);
        foreach ((string space, string address) in (ReadOnlySpan<(string, string)>)[(Far, FarAddress), (Near, NearAddress)])
        {
            Directory.CreateDirectory(FilesOf(space));
            using (StreamWriter hosts = File.CreateText(Path.Combine(FilesOf(space), "hosts")))
                hosts.Write($"127.0.0.1 localhost\n{FarAddress} {FarName}\n");
            IpRoute.Run("-n", space, "link", "set", "lo", "up");
            IpRoute.Run("-n", space, "address", "add", address + "/24", "dev", Device);
            IpRoute.Run("-n", space, "link", "set", Device, "mtu", $"{PacketBytes}", "up");
            // What far servers run, whatever this machine's default is.
            IpRoute.Run("-n", space, "route", "replace", "10.77.0.0/24", "dev", Device, "proto", "kernel", "scope", "link", "src", address, "congctl", "cubic");
        }
        // A cut is at the near end, as a dish that loses sight: what arrives there is lost, and so is what leaves.
        _down = new Direction(this, _nearTun, new Random(seed), cutAtArrival: true);
        _up = new Direction(this, _farTun, new Random(seed + 1), cutAtArrival: false);
        _readers = [Reader(_farTun, _down), Reader(_nearTun, _up)];
    }

    /// <summary>Why it cannot be had on this machine; null when it can.</summary>
    public static string? Missing => !Environment.IsPrivilegedProcess ? "an emulated link needs root"
        : !File.Exists("/dev/net/tun") ? "an emulated link needs /dev/net/tun"
        : !File.Exists("/usr/sbin/ip") && !File.Exists("/sbin/ip") ? "an emulated link needs iproute2" : null;

    /// <summary>Name of the namespace at the far end, where the server is.</summary>
    public string Far { get; }

    /// <summary>Name of the namespace at the near end.</summary>
    public string Near { get; }

    public LinkShape Shape
    {
        get => Volatile.Read(ref _shape);
        set => Volatile.Write(ref _shape, value);
    }

    /// <summary>What came to the near end.</summary>
    public LinkCount Down => _down.Count;

    /// <summary>What came to the far end.</summary>
    public LinkCount Up => _up.Count;

    /// <param name="name">Of the namespaces; no two links have the same.</param>
    /// <param name="shape">To begin with.</param>
    /// <param name="seed">Of the loss.</param>
    /// <exception cref="IOException">See <see cref="Missing"/>.</exception>
    public static EmulatedLink Create(string name, LinkShape shape, int seed) => Missing is { } why ? throw new IOException(why) : new EmulatedLink(name, shape, seed);

    /// <summary>The command that runs a program at one end.</summary>
    public static (string File, string[] Arguments) At(string end, string program, params string[] arguments) => ("ip", ["netns", "exec", end, program, .. arguments]);

    /// <summary>A socket of this process at one end.</summary>
    public static Socket SocketAt(string end, Func<Socket> make) => Tun.In(end, make);

    /// <summary>A client in this process whose connections begin at one end; to addresses, not names.</summary>
    /// <param name="timeout">Default 5 s.</param>
    public static HttpClient HttpAt(string end, Uri site, TimeSpan? timeout = null) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (context, cancellationToken) =>
        {
            Socket socket = SocketAt(end, () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
            try
            {
                await socket.ConnectAsync(IPAddress.Parse(context.DnsEndPoint.Host), context.DnsEndPoint.Port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    })
    { BaseAddress = site, Timeout = timeout ?? TimeSpan.FromSeconds(5) };

    public bool IsCut => _cut;

    public void Cut() => _cut = true;

    public void Join() => _cut = false;

    public void Dispose()
    {
        _stopping = true;
        foreach (Thread reader in _readers)
            reader.Join();
        _down.Dispose();
        _up.Dispose();
        _farTun.Dispose();
        _nearTun.Dispose();
        foreach (string space in (ReadOnlySpan<string>)[Far, Near])
        {
            IpRoute.Run("netns", "delete", space);
            Directory.Delete(FilesOf(space), recursive: true);
        }
    }

    /// <summary>Stands in for /etc in a namespace (ip-netns).</summary>
    private static string FilesOf(string space) => $"/etc/netns/{space}";

    private Thread Reader(Tun from, Direction direction)
    {
        var thread = new Thread(() =>
        {
            byte[] packet = new byte[PacketBytes];
            while (!_stopping)
            {
                int length = from.Read(packet);
                // IPv4 only: neighbour discovery and the like are not measured.
                if (length > 0 && packet[0] >> 4 == 4)
                    direction.Offer(packet.AsSpan(0, length).ToArray());
            }
        })
        { IsBackground = true, Name = "link reader" };
        thread.Start();
        return thread;
    }

    /// <summary>Queue, slow part, loss, delay; packets keep their order.</summary>
    private sealed class Direction : IDisposable
    {
        private readonly EmulatedLink _link;
        private readonly Tun _to;
        private readonly Random _chance;
        private readonly bool _cutAtArrival;
        private readonly Queue<(byte[] Packet, long Due)> _onTheWay = new();
        private readonly object _gate = new();
        private readonly Thread _deliverer;
        private long _free;
        private LinkCount _count;
        private bool _ended;

        public Direction(EmulatedLink link, Tun to, Random chance, bool cutAtArrival)
        {
            (_link, _to, _chance, _cutAtArrival) = (link, to, chance, cutAtArrival);
            _deliverer = new Thread(Deliver) { IsBackground = true, Name = "link deliverer" };
            _deliverer.Start();
        }

        public LinkCount Count
        {
            get
            {
                lock (_gate)
                    return _count;
            }
        }

        public void Offer(byte[] packet)
        {
            LinkShape shape = _link.Shape;
            lock (_gate)
            {
                long now = Stopwatch.GetTimestamp();
                long begins = Math.Max(now, _free);
                double waiting = (begins - now) / (double)Stopwatch.Frequency * shape.RateBitsPerSecond / 8;
                if (!_cutAtArrival && _link._cut || shape.RateBitsPerSecond > 0 && waiting + packet.Length > shape.QueueBytes)
                {
                    _count = _count with { Lost = _count.Lost + 1 };
                    return;
                }
                _free = begins + (shape.RateBitsPerSecond > 0 ? (long)(packet.Length * 8.0 / shape.RateBitsPerSecond * Stopwatch.Frequency) : 0);
                if (_chance.NextDouble() < shape.Loss)
                {
                    _count = _count with { Lost = _count.Lost + 1 };
                    return;
                }
                _onTheWay.Enqueue((packet, _free + (long)(shape.Delay.TotalSeconds * Stopwatch.Frequency)));
                if (_onTheWay.Count == 1)
                    Monitor.Pulse(_gate);
            }
        }

        public void Dispose()
        {
            lock (_gate)
            {
                _ended = true;
                Monitor.Pulse(_gate);
            }
            _deliverer.Join();
        }

        private void Deliver()
        {
            lock (_gate)
            {
                while (!_ended)
                {
                    if (!_onTheWay.TryPeek(out (byte[] Packet, long Due) next))
                    {
                        Monitor.Wait(_gate);
                        continue;
                    }
                    double wait = (next.Due - Stopwatch.GetTimestamp()) * 1000.0 / Stopwatch.Frequency;
                    if (wait > 0)
                    {
                        Monitor.Wait(_gate, (int)Math.Ceiling(wait));
                        continue;
                    }
                    _onTheWay.Dequeue();
                    bool arrives = !(_cutAtArrival && _link._cut) && _to.Write(next.Packet);
                    _count = arrives
                        ? _count with { Packets = _count.Packets + 1, IpBytes = _count.IpBytes + next.Packet.Length, TcpBytes = _count.TcpBytes + TcpBytesOf(next.Packet) }
                        : _count with { Lost = _count.Lost + 1 };
                }
            }
        }

        private static int TcpBytesOf(ReadOnlySpan<byte> packet)
        {
            const byte Tcp = 6;
            int head = (packet[0] & 15) * 4;
            if (packet[9] != Tcp || packet.Length < head + 20)
                return 0;
            return BinaryPrimitives.ReadUInt16BigEndian(packet[2..]) - head - (packet[head + 12] >> 4) * 4;
        }
    }
}
