using System.Net;
using System.Security.Authentication;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Options;
using MQTTnet.AspNetCore;

namespace Relay.Sync;

/// <summary>The boxes' links, on the relay's own broker or on another.</summary>
public static class SyncFeature
{
    /// <param name="services">Where to add it.</param>
    /// <param name="kind">Which broker, as configured.</param>
    /// <param name="generation">This start's.</param>
    /// <param name="ports">What it asks of the rest of the relay.</param>
    public static IServiceCollection AddSync(this IServiceCollection services, BrokerKind kind, RelayGeneration generation, Func<IServiceProvider, SyncPorts> ports)
    {
        services.AddOptionsWithValidateOnStart<SyncOptions, SyncOptionsValidator>().BindConfiguration("Sync");
        services.AddSingleton(generation);
        services.AddSingleton(ports);
        services.AddSingleton<IngestWriter>();
        services.AddSingleton<DownQueue>();
        services.AddSingleton<BoxMessages>();
        services.AddSingleton<Nudges>();
        services.AddSingleton<BoxCursors>();
        services.AddSingleton<LinkDoubts>();
        if (kind == BrokerKind.Embedded)
        {
            services.AddSingleton<MqttConnectionHandler>();
            services.AddSingleton<EmbeddedBroker>();
            services.AddSingleton<IBoxBroker>(provider => provider.GetRequiredService<EmbeddedBroker>());
            services.AddHostedService(provider => provider.GetRequiredService<EmbeddedBroker>());
            services.AddSingleton<IConfigureOptions<KestrelServerOptions>, BrokerListener>();
        }
        else
        {
            services.AddSingleton<ExternalBroker>();
            services.AddSingleton<IBoxBroker>(provider => provider.GetRequiredService<ExternalBroker>());
            services.AddHostedService(provider => provider.GetRequiredService<ExternalBroker>());
        }
        services.AddHostedService<DownLoop>();
        return services;
    }

    /// <summary>Lets the embedded broker listen on its own port of the relay's server.</summary>
    private sealed class BrokerListener(IOptions<SyncOptions> options, SyncPorts ports) : IConfigureOptions<KestrelServerOptions>
    {
        public void Configure(KestrelServerOptions kestrel)
        {
            SyncOptions sync = options.Value;
            kestrel.Listen(IPAddress.Parse(sync.BrokerAddress), sync.BrokerPort, listener =>
            {
                listener.Protocols = HttpProtocols.None;
                listener.UseHttps(https =>
                {
                    https.ServerCertificate = ports.Server();
                    https.SslProtocols = SslProtocols.Tls13;
                    https.HandshakeTimeout = sync.HandshakePatience;
                    https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                    https.ClientCertificateValidation = (certificate, _, _) => ports.BoxOf(certificate) is not null;
                });
                listener.Use(next => connection =>
                {
                    connection.Transport = new LimitedPipe(connection.Transport, sync.MaxPacketBytes);
                    return next(connection);
                });
                listener.UseMqtt();
            });
        }
    }
}
