using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Options;

namespace Edge.Box.Identity;

/// <summary>How the bytes of packs are fetched.</summary>
/// <param name="MaxConnections">Most at a time.</param>
/// <param name="InFlightBytes">Most that all of them together may have on the way.</param>
public sealed record BulkShape(int MaxConnections, int InFlightBytes);

/// <summary>The box's HTTP clients to the relay, kept and shared, so that connections stay warm and TLS sessions resume. Do not dispose them.
/// They have no total timeout: callers judge by progress.</summary>
public sealed class RelayHttp(BoxIdentity identity, RelayTrust trust, RelayDial dial, BulkShape bulk, IOptions<IdentityOptions> options) : IDisposable
{
    private const int MaxConnections = 8;

    private readonly Lock _making = new();
    private (ClaimedBox For, HttpClient Client, HttpClient Bulk)? _current;

    /// <summary>Shows this box's certificate; null until the box is claimed.</summary>
    public HttpClient? Client => Current?.Client;

    /// <summary>The same for the bytes of packs: connections of its own, so that lists and live segments never wait for one,
    /// each with a small receive window, so that what is on the way is bounded.</summary>
    public HttpClient? Bulk => Current?.Bulk;

    /// <summary>A client without certificate, for enrolment. The caller disposes it.</summary>
    public HttpClient CreateAnonymous() => Create(null, MaxConnections, null);

    public void Dispose()
    {
        _current?.Client.Dispose();
        _current?.Bulk.Dispose();
    }

    private (ClaimedBox For, HttpClient Client, HttpClient Bulk)? Current
    {
        get
        {
            if (identity.Claimed is not { } claimed)
                return null;
            lock (_making)
            {
                // After a renewal requests under way finish on the old client; the collector takes it.
                if (_current is not { } current || !ReferenceEquals(current.For, claimed))
                {
                    SslStreamCertificateContext certificate = SslStreamCertificateContext.Create(claimed.Certificate, null);
                    _current = current = (claimed, Create(certificate, MaxConnections, null),
                        Create(certificate, bulk.MaxConnections, bulk.InFlightBytes / bulk.MaxConnections));
                }
                return current;
            }
        }
    }

    private HttpClient Create(SslStreamCertificateContext? certificate, int connections, int? windowBytes)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(12),
            ConnectCallback = async (context, cancellationToken) =>
                new NetworkStream(await dial.ConnectAsync(context.DnsEndPoint, windowBytes, cancellationToken), ownsSocket: true),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5),
            MaxConnectionsPerServer = connections,
            // A transfer that is broken off is not read to its end for nothing.
            MaxResponseDrainSize = 0,
            SslOptions = new SslClientAuthenticationOptions
            {
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                ClientCertificateContext = certificate,
                RemoteCertificateValidationCallback = (_, relay, _, errors) => trust.IsRelay(relay, errors),
            },
        };
        return new HttpClient(new ConnectionFaults(handler)) { BaseAddress = options.Value.RelayUrl, Timeout = Timeout.InfiniteTimeSpan };
    }
}
