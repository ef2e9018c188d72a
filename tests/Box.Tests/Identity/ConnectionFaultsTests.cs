using System.Net;
using System.Net.Sockets;
using Edge.Box.Identity;
using Xunit;

namespace Edge.Box.Tests.Identity;

public sealed class ConnectionFaultsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_connection_that_is_reset_as_soon_as_it_stands_is_a_failed_request()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var to = (IPEndPoint)listener.LocalEndpoint;
        using var handler = new ConnectionFaults(new SocketsHttpHandler
        {
            // The runtime asks the stream for its other end when this has given it.
            ConnectCallback = async (context, cancellationToken) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(to, cancellationToken);
                using (Socket other = await listener.AcceptSocketAsync(cancellationToken))
                    other.LingerState = new LingerOption(true, 0);
                // Until the reset is here, and without asking the socket for anything: that would tell it.
                while (!socket.Poll(TimeSpan.FromMilliseconds(1), SelectMode.SelectRead))
                    cancellationToken.ThrowIfCancellationRequested();
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        using var client = new HttpClient(handler) { BaseAddress = new Uri($"http://{to}/") };
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync("/", Token));
    }
}
