using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TestKit.Live;

/// <summary>A satellite receiver on the network as the SAT&gt;IP specification (1.2.2) has it, for one watcher: SETUP, PLAY, and a transport stream in RTP to the port that was asked for. Its stream is given in real time.</summary>
public sealed class SatIpServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;
    private readonly byte[] _stream;
    private readonly TimeSpan _duration;

    private SatIpServer(byte[] stream, TimeSpan duration)
    {
        (_stream, _duration) = (stream, duration);
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>A transponder and the packets wanted of it, as receivers are asked.</summary>
    public string Address => $"satip://{_listener.LocalEndpoint}/?src=1&freq=11494&pol=h&msys=dvbs2&sr=22000&pids=all";

    /// <summary>What was asked for.</summary>
    public string Asked { get; private set; } = "";

    public static SatIpServer Start(byte[] stream, TimeSpan duration) => new(stream, duration);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving;
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                await SpeakAsync(client.GetStream());
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or IOException)
            {
                // The watcher hung up, or the test is over.
            }
        }
    }

    private async Task SpeakAsync(NetworkStream wire)
    {
        using var lines = new StreamReader(wire, Encoding.ASCII, leaveOpen: true);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        int port = 0;
        Task sending = Task.CompletedTask;
        try
        {
            while (await lines.ReadLineAsync(_stop.Token) is { Length: > 0 } request)
            {
                string sequence = "";
                while (await lines.ReadLineAsync(_stop.Token) is { Length: > 0 } header)
                {
                    if (header.StartsWith("CSeq:", StringComparison.OrdinalIgnoreCase))
                        sequence = header[5..].Trim();
                    if (header.Contains("client_port=", StringComparison.Ordinal))
                        port = int.Parse(header.Split("client_port=")[1].Split('-')[0], System.Globalization.CultureInfo.InvariantCulture);
                }
                string verb = request.Split(' ')[0];
                string more = verb switch
                {
                    "OPTIONS" => "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n",
                    "SETUP" => $"Session: 12345678;timeout=60\r\ncom.ses.streamID: 1\r\nTransport: RTP/AVP;unicast;client_port={port}-{port + 1};server_port=5006-5007\r\n",
                    "PLAY" => "Session: 12345678\r\nRTP-Info: url=stream=1\r\n",
                    _ => "Session: 12345678\r\n",
                };
                if (verb == "SETUP")
                    Asked = request;
                await wire.WriteAsync(Encoding.ASCII.GetBytes($"RTSP/1.0 200 OK\r\nCSeq: {sequence}\r\n{more}\r\n"), _stop.Token);
                if (verb == "PLAY")
                    sending = SendAsync(port, over.Token);
                if (verb == "TEARDOWN")
                    return;
            }
        }
        finally
        {
            await over.CancelAsync();
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task SendAsync(int port, CancellationToken cancellationToken)
    {
        const int Payload = 7 * 188;
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        var to = new IPEndPoint(IPAddress.Loopback, port);
        byte[] datagram = new byte[12 + Payload];
        TimeSpan each = _duration * ((double)Payload / _stream.Length);
        long began = TimeProvider.System.GetTimestamp();
        for (int number = 0; ; number++)
        {
            int at = number * Payload % (_stream.Length - Payload) / 188 * 188;
            (datagram[0], datagram[1], datagram[2], datagram[3]) = (0x80, 33, (byte)(number >> 8), (byte)number);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(datagram.AsSpan(4), (uint)(number * each.TotalSeconds * 90_000));
            _stream.AsSpan(at, Payload).CopyTo(datagram.AsSpan(12));
            await socket.SendToAsync(datagram, SocketFlags.None, to, cancellationToken);
            TimeSpan ahead = number * each - TimeProvider.System.GetElapsedTime(began);
            if (ahead > TimeSpan.FromMilliseconds(20))
                await Task.Delay(ahead, TimeProvider.System, cancellationToken);
        }
    }
}
