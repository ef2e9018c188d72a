using System.Buffers;
using Edge.Core.Identity;
using Edge.Core.Sync;
using MQTTnet;
using MQTTnet.AspNetCore;
using MQTTnet.Diagnostics.Logger;
using MQTTnet.Formatter;
using MQTTnet.Protocol;
using MQTTnet.Server;

namespace Relay.Sync;

/// <summary>The relay's own broker: no routing between boxes at all, only from each box to the relay and back. Default is to refuse.
/// A publish is acknowledged (PUBACK) after the relay has it on disk, since the interceptor is awaited first.</summary>
public sealed class EmbeddedBroker(MqttConnectionHandler connections, BoxMessages messages, SyncPorts ports, ILogger<EmbeddedBroker> log) : IHostedService, IBoxBroker, IDisposable
{
    private const int MaxPendingPerBox = 64;
    private const string RelaySession = "relay";

    private MqttServer? _server;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        MqttServerOptions options = new MqttServerOptionsBuilder()
            .WithoutDefaultEndpoint()
            .WithPersistentSessions(false)
            .WithMaxPendingMessagesPerClient(MaxPendingPerBox)
            .WithPendingMessagesOverflowStrategy(MqttPendingMessagesOverflowStrategy.DropOldestQueuedMessage)
            .Build();
        _server = new MqttServer(options, [connections], MqttNetNullLogger.Instance);
        _server.ValidatingConnectionAsync += ValidateAsync;
        _server.InterceptingPublishAsync += PublishAsync;
        _server.InterceptingSubscriptionAsync += SubscribeAsync;
        _server.ClientDisconnectedAsync += DisconnectedAsync;
        await _server.StartAsync();
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_server is not null)
            await _server.StopAsync(new MqttServerStopOptions());
    }

    public async Task SendAsync(BoxId box, DownMessage message, CancellationToken cancellationToken)
    {
        if (_server is not { IsStarted: true } server)
            throw new IOException("the broker is stopped");
        MqttApplicationMessage packet = new MqttApplicationMessageBuilder()
            .WithTopic(MqttTopics.Down(box))
            .WithPayload(message.ToJson())
            .WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce)
            .WithMessageExpiryInterval(message.ExpirySeconds)
            .Build();
        try
        {
            await server.InjectApplicationMessage(new InjectedMqttApplicationMessage(packet) { SenderClientId = RelaySession }, cancellationToken);
        }
        catch (InvalidOperationException e) when (e is ObjectDisposedException || !server.IsStarted)
        {
            // It stopped in this very moment.
            throw new IOException("the broker is stopped", e);
        }
    }

    public async Task DropAsync(BoxId box, CancellationToken cancellationToken)
    {
        if (_server is not { IsStarted: true } server)
            return;
        foreach (MqttClientStatus client in await server.GetClientsAsync())
        {
            if (client.Id == box.ToString())
                await client.DisconnectAsync(new MqttServerClientDisconnectOptions { ReasonCode = MqttDisconnectReasonCode.NotAuthorized });
        }
    }

    public void Dispose() => _server?.Dispose();

    private Task ValidateAsync(ValidatingConnectionEventArgs asked)
    {
        // The certificate passed the handshake; here it must also fit the name.
        BoxId? box = asked.ClientCertificate is { } certificate ? ports.BoxOf(certificate) : null;
        asked.ReasonCode =
            asked.ProtocolVersion != MqttProtocolVersion.V500 ? MqttConnectReasonCode.UnsupportedProtocolVersion
            : box is null ? MqttConnectReasonCode.NotAuthorized
            : asked.ClientId != box.ToString() ? MqttConnectReasonCode.ClientIdentifierNotValid
            : ports.SchoolOf(box.Value) is null ? MqttConnectReasonCode.NotAuthorized
            : MqttConnectReasonCode.Success;
        if (asked.ReasonCode != MqttConnectReasonCode.Success)
            log.ConnectionRefused(box?.ToString() ?? "unknown", asked.ReasonCode.ToString());
        return Task.CompletedTask;
    }

    private async Task PublishAsync(InterceptingPublishEventArgs published)
    {
        if (published.ClientId == RelaySession)
            return;
        // Nothing a box publishes goes to another box.
        published.ProcessPublish = false;
        if (!BoxId.TryParse(published.ClientId, out BoxId box) || !MqttTopics.MayPublish(box, published.ApplicationMessage.Topic)
            || published.ApplicationMessage.Retain || !MqttTopics.TryParse(published.ApplicationMessage.Topic, out _, out UpTopic topic))
        {
            published.Response.ReasonCode = MqttPubAckReasonCode.NotAuthorized;
            log.PublishRefused(published.ClientId);
            return;
        }
        if (ports.SchoolOf(box) is null)
        {
            // Revoked since it connected.
            published.Response.ReasonCode = MqttPubAckReasonCode.NotAuthorized;
            published.CloseConnection = true;
            return;
        }
        // The payload's memory is the connection's: it is taken over here.
        if (await messages.TakeAsync(box, topic, published.ApplicationMessage.Payload.ToArray(), published.CancellationToken) is { } reply)
            await SendAsync(box, reply, published.CancellationToken);
    }

    private Task SubscribeAsync(InterceptingSubscriptionEventArgs asked)
    {
        bool may = BoxId.TryParse(asked.ClientId, out BoxId box) && MqttTopics.MaySubscribe(box, asked.TopicFilter.Topic);
        asked.ProcessSubscription = may;
        if (!may)
        {
            asked.Response.ReasonCode = MqttSubscribeReasonCode.NotAuthorized;
            log.SubscriptionRefused(asked.ClientId);
        }
        return Task.CompletedTask;
    }

    private async Task DisconnectedAsync(ClientDisconnectedEventArgs gone)
    {
        // After a take-over the box is still here, on its new connection.
        if (gone.DisconnectType != MqttClientDisconnectType.Takeover && BoxId.TryParse(gone.ClientId, out BoxId box) && ports.SchoolOf(box) is not null)
            await messages.GoneAsync(box, CancellationToken.None);
    }
}
