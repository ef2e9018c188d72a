using System.Net.Sockets;

namespace Edge.Box.Identity;

/// <summary>A connection that is reset in the instant in which it stands fails like any other. The runtime asks it for its other end then, and lets the bare
/// <see cref="SocketException"/> through, which nobody who sends a request expects.</summary>
public sealed class ConnectionFaults(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    /// <exception cref="HttpRequestException">Whatever was wrong with the connection.</exception>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        catch (SocketException e)
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, e.Message, e);
        }
    }
}
