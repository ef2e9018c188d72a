using System.Net.Security;
using System.Security.Authentication;
using Microsoft.Extensions.Options;

namespace Edge.Box.Identity;

/// <summary>The box's HTTP clients to the relay. One client is kept and shared, so connections stay warm and TLS sessions resume.</summary>
public sealed class RelayHttp(BoxIdentity identity, RelayTrust trust, IOptions<IdentityOptions> options) : IDisposable
{
    private readonly Lock _making = new();
    private (ClaimedBox For, HttpClient Client)? _current;

    /// <summary>The client that shows this box's certificate; null until the box is claimed. Do not dispose it.
    /// It has no total timeout: callers judge by progress.</summary>
    public HttpClient? Client
    {
        get
        {
            if (identity.Claimed is not { } claimed)
                return null;
            lock (_making)
            {
                // After a renewal requests under way finish on the old client; the collector takes it.
                if (_current is not { } current || !ReferenceEquals(current.For, claimed))
                    _current = current = (claimed, Create(SslStreamCertificateContext.Create(claimed.Certificate, null)));
                return current.Client;
            }
        }
    }

    /// <summary>A client without certificate, for enrolment. The caller disposes it.</summary>
    public HttpClient CreateAnonymous() => Create(null);

    public void Dispose() => _current?.Client.Dispose();

    private HttpClient Create(SslStreamCertificateContext? certificate)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(12),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5),
            MaxConnectionsPerServer = 8,
            SslOptions = new SslClientAuthenticationOptions
            {
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                ClientCertificateContext = certificate,
                RemoteCertificateValidationCallback = (_, relay, _, errors) => trust.IsRelay(relay, errors),
            },
        };
        return new HttpClient(handler) { BaseAddress = options.Value.RelayUrl, Timeout = Timeout.InfiniteTimeSpan };
    }
}
