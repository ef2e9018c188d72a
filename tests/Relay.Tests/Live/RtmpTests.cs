using System.Buffers;
using System.Net;
using System.Net.Sockets;
using CsCheck;
using Relay.Live.Rtmp;
using TestKit;
using TestKit.Processes;
using Xunit;

namespace Relay.Tests.Live;

/// <summary>What strangers may send to the RTMP port.</summary>
public sealed class RtmpTests
{
    // One command of 200 bytes in chunks of 128, on chunk stream 3.
    private static readonly byte[] Command = [3, 0, 0, 0, 0, 0, 200, 20, 0, 0, 0, 0, .. Enumerable.Repeat((byte)5, 128), 0xC3, .. Enumerable.Repeat((byte)6, 72)];

    [Fact]
    public void A_message_is_put_together_from_its_chunks_however_they_arrive()
    {
        for (int cut = 0; cut <= Command.Length; cut++)
        {
            var chunks = new RtmpChunks();
            var first = new ReadOnlySequence<byte>(Command.AsMemory(0, cut));
            bool whole = chunks.TryRead(ref first, out RtmpMessage message);
            if (!whole)
            {
                var rest = new ReadOnlySequence<byte>((byte[])[.. first.ToArray(), .. Command[cut..]]);
                Assert.True(chunks.TryRead(ref rest, out message));
                Assert.True(rest.IsEmpty);
            }
            Assert.Equal((RtmpType.Command, 200), (message.Type, message.Payload.Length));
            Assert.Equal([5, 6], message.Payload.ToArray().Distinct());
        }
    }

    [Fact]
    public void Whatever_comes_it_is_a_message_a_refusal_or_not_yet() => Gen.Byte.Array[0, 600].Sample(noise =>
    {
        var chunks = new RtmpChunks();
        var arrived = new ReadOnlySequence<byte>((byte[])[.. Command, .. noise]);
        try
        {
            while (chunks.TryRead(ref arrived, out RtmpMessage message))
            {
                Assert.InRange(message.Payload.Length, 0, RtmpChunks.MaxMessageBytes);
                if (message.Type == RtmpType.Command)
                    Amf0.ReadCommand(message.Payload.Span);
            }
        }
        catch (RtmpException)
        {
            // Refused: the connection ends.
        }
    }, iter: Fuzz.Inputs);

    [Fact]
    public async Task Noise_on_the_port_ends_its_own_connection_and_nothing_else()
    {
        int port = FreePort.Take();
        await using LiveRelay relay = await LiveRelay.StartWithRoadsAsync([("Address", "127.0.0.1"), ("RtmpPort", $"{port}")]);
        for (int seed = 0; seed < 20; seed++)
        {
            using TcpClient stranger = await CallAsync(port);
            byte[] noise = new byte[6000];
            new Random(seed).NextBytes(noise);
            noise[0] = (byte)(seed % 2 == 0 ? 3 : 71);
            try
            {
                NetworkStream wire = stranger.GetStream();
                await wire.WriteAsync(noise);
                stranger.Client.Shutdown(SocketShutdown.Send);
                while (await wire.ReadAsync(new byte[8000]) > 0)
                {
                }
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                // Cut off in the middle: as good.
            }
        }
        using TcpClient encoder = await CallAsync(port);
        await encoder.GetStream().WriteAsync((byte[])[3, .. new byte[1536]]);
        var greeting = new byte[1 + 1536 + 1536];
        await encoder.GetStream().ReadExactlyAsync(greeting);
        Assert.Equal(3, greeting[0]);
    }

    /// <summary>The port opens a moment after the relay does.</summary>
    private static async Task<TcpClient> CallAsync(int port)
    {
        while (true)
        {
            var client = new TcpClient();
            try
            {
                await client.ConnectAsync(IPAddress.Loopback, port);
                return client;
            }
            catch (SocketException)
            {
                client.Dispose();
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }
}
