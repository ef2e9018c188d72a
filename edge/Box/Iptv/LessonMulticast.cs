using System.Net;
using System.Net.Sockets;
using Edge.Core.Iptv;
using Edge.Core.Live;

namespace Edge.Box.Iptv;

/// <summary>Sends one lesson to its group, on a thread of its own: the pool may be busy with a hundred viewers, and a set does not wait.</summary>
internal sealed class LessonMulticast : IDisposable
{
    private static readonly TimeSpan LongestRest = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ShortestRest = TimeSpan.FromMilliseconds(1);

    private readonly string _lesson;
    private readonly IptvPorts _ports;
    private readonly bool _rtp;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Socket _socket;
    private readonly TsPlayout _playout;
    private readonly ManualResetEventSlim _stop = new(false, spinCount: 0);
    private readonly Thread _thread;
    private readonly long _began;
    private long _next;
    private bool _failing;

    public LessonMulticast(LessonAnnouncement announcement, IptvPorts ports, IptvOptions options, TimeProvider time, ILogger log)
    {
        (Announcement, _lesson, _ports, _rtp, _time, _log) = (announcement, announcement.Lesson, ports, announcement.Rtp, time, log);
        _playout = new TsPlayout(options.Cushion);
        _began = time.GetTimestamp();
        // With the newest: sets show now, not the past.
        _next = Math.Max(0, (ports.Window(_lesson)?.Next ?? 0) - 1);
        _socket = MulticastSocket.Open(Ipv4.Address(announcement.Source), announcement.Ttl);
        // Once for all, so that no datagram pays for its address.
        _socket.Connect(Ipv4.Address(announcement.Group), announcement.Port);
        _thread = new Thread(Run) { IsBackground = true, Name = $"multicast {_lesson}" };
        _thread.Start();
    }

    public LessonAnnouncement Announcement { get; }

    /// <summary>All that is published has been sent.</summary>
    public bool Sent { get; private set; }

    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
        _socket.Dispose();
        _stop.Dispose();
    }

    private void Run()
    {
        byte[] buffer = new byte[RtpHead.LengthBytes + TsPlayout.DatagramBytes];
        Span<byte> datagram = _rtp ? buffer : buffer.AsSpan(RtpHead.LengthBytes);
        ushort sequence = 0;
        while (!_stop.IsSet)
        {
            Feed();
            long now = Now;
            if (_playout.Due is not { } due || due > now)
            {
                TimeSpan rest = _playout.Due is { } later ? TsStamp.Span(later - now) : LongestRest;
                _stop.Wait(rest < ShortestRest ? ShortestRest : rest > LongestRest ? LongestRest : rest);
                continue;
            }
            _playout.Write(buffer.AsSpan(RtpHead.LengthBytes), now);
            if (_rtp)
                RtpHead.Write(buffer, sequence++, (uint)(now / TsStamp.TicksPerTime), Announcement.Group);
            Send(datagram);
        }
    }

    private long Now => TsStamp.Ticks(_time.GetElapsedTime(_began));

    private void Feed()
    {
        if (!_playout.Wants)
            return;
        while (_playout.Wants && _ports.Window(_lesson) is { } window && _next < window.Next)
        {
            Segment segment = window.Segments[(int)_next];
            try
            {
                if (_ports.Segment(_lesson, _next) is not { } bytes || !_playout.Add(bytes, segment.Duration, segment.Discontinuity, Now))
                    _log.SegmentNotSent(_lesson, _next);
            }
            catch (IOException e)
            {
                _log.SegmentUnreadable(_lesson, _next, e);
            }
            _next++;
        }
        Sent = _playout.Dry && _next >= (_ports.Window(_lesson)?.Next ?? 0);
    }

    private void Send(ReadOnlySpan<byte> datagram)
    {
        try
        {
            _socket.Send(datagram);
            _failing = false;
        }
        catch (SocketException e)
        {
            // A cable that is out comes back; the stream's clock goes on meanwhile.
            if (!_failing)
                _log.SendFailed(_lesson, e.SocketErrorCode);
            _failing = true;
        }
    }
}

/// <summary>Sockets that send to groups.</summary>
internal static class MulticastSocket
{
    /// <param name="source">Address of the interface that everything goes out on.</param>
    public static Socket Open(IPAddress source, int ttl)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Bind(new IPEndPoint(source, 0));
            socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastInterface, source.GetAddressBytes());
            socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastTimeToLive, ttl);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }
}
