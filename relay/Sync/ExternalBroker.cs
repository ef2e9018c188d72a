using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Microsoft.Extensions.Options;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace Relay.Sync;

/// <summary>The relay as a client of another broker, which keeps box apart from box by its access rules (<c>relay/mosquitto</c>).
/// A message is acknowledged to the broker after it is on the relay's disk; while the relay is away the broker keeps it, and what it drops the box sends again.</summary>
public sealed class ExternalBroker(
    BoxMessages messages, SyncPorts ports, IOptions<SyncOptions> options, TimeProvider time, Func<double> draw, ILogger<ExternalBroker> log) : BackgroundService, IBoxBroker
{
    private const string ClientId = "relay";
    private const ushort MaxUnacknowledged = 200;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SessionExpiry = TimeSpan.FromDays(1);

    private volatile IMqttClient? _client;

    public async Task SendAsync(BoxId box, DownMessage message, CancellationToken cancellationToken)
    {
        if (_client is not { IsConnected: true } client)
            throw new IOException("the broker is not reached");
        try
        {
            await client.PublishAsync(new MqttApplicationMessageBuilder()
                .WithTopic(MqttTopics.Down(box))
                .WithPayload(message.ToJson())
                .WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce)
                .WithMessageExpiryInterval(message.ExpirySeconds)
                .Build(), cancellationToken);
        }
        catch (Exception e) when (e is MqttCommunicationException or ObjectDisposedException || e is NullReferenceException && !client.IsConnected)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <summary>Another broker gives its clients' connections to nobody. What the box sends is left, and it is sent nothing but nudges, which carry nothing.</summary>
    public Task DropAsync(BoxId box, CancellationToken cancellationToken) => Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Backoff backoff = default;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await HoldAsync(() => backoff = default, stoppingToken);
            }
            catch (Exception e) when (IsTrouble(e) && !stoppingToken.IsCancellationRequested)
            {
                if (backoff.Failures == 0)
                    log.BrokerNotReached(options.Value.BrokerHost, options.Value.BrokerPort, e.Message);
            }
            backoff = backoff.Next();
            await Task.Delay(backoff.Delay(draw(), FirstRetry, options.Value.MaxRetry), time, stoppingToken);
        }
    }

    private static bool IsTrouble(Exception e) =>
        e is MqttCommunicationException or MqttProtocolViolationException or MqttClientUnexpectedDisconnectReceivedException
            or IOException or SocketException or AuthenticationException or TimeoutException or OperationCanceledException or ObjectDisposedException;

    private async Task HoldAsync(Action connected, CancellationToken stoppingToken)
    {
        using IMqttClient client = new MqttClientFactory().CreateMqttClient();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        // Each message's work starts at once, so that many boxes share a commit; acknowledgements go out in the order of arrival.
        var working = Channel.CreateBounded<(MqttApplicationMessageReceivedEventArgs Received, Task Done)>(new BoundedChannelOptions(MaxUnacknowledged) { SingleReader = true });
        client.ApplicationMessageReceivedAsync += async received =>
        {
            received.AutoAcknowledge = false;
            try
            {
                await working.Writer.WriteAsync((received, TakeAsync(received, over.Token)), over.Token);
            }
            catch (Exception e) when (e is ChannelClosedException or OperationCanceledException)
            {
                // The connection is over; the broker sends it again.
            }
        };
        client.DisconnectedAsync += async _ =>
        {
            working.Writer.TryComplete();
            await over.CancelAsync();
        };
        try
        {
            await ConnectAsync(client, stoppingToken);
            _client = client;
            connected();
            await foreach ((MqttApplicationMessageReceivedEventArgs received, Task done) in working.Reader.ReadAllAsync(over.Token))
            {
                await done;
                await received.AcknowledgeAsync(over.Token);
            }
        }
        catch (NullReferenceException e) when (!client.IsConnected)
        {
            // MQTTnet 5.2 lets go of its connection object when the link ends and then trips over the missing one in acknowledge and publish.
            throw new IOException("the connection ended", e);
        }
        finally
        {
            _client = null;
            await over.CancelAsync();
        }
    }

    private async Task TakeAsync(MqttApplicationMessageReceivedEventArgs received, CancellationToken cancellationToken)
    {
        byte[] payload = received.ApplicationMessage.Payload.ToArray();
        if (!MqttTopics.TryParse(received.ApplicationMessage.Topic, out BoxId box, out UpTopic topic))
            return;
        DownMessage? reply = await messages.TakeAsync(box, topic, payload, cancellationToken);
        if (reply is not null)
            await SendAsync(box, reply, cancellationToken);
    }

    private async Task ConnectAsync(IMqttClient client, CancellationToken stoppingToken)
    {
        SyncOptions to = options.Value;
        MqttClientOptions settings = new MqttClientOptionsBuilder()
            .WithProtocolVersion(MqttProtocolVersion.V500)
            .WithClientId(ClientId)
            .WithTcpServer(to.BrokerHost, to.BrokerPort)
            .WithTlsOptions(tls => tls
                .UseTls()
                .WithTargetHost(to.BrokerHost)
                .WithSslProtocols(SslProtocols.Tls13)
                .WithClientCertificates([ports.Client()])
                .WithCertificateValidationHandler(IsBroker))
            .WithCleanStart(false)
            .WithSessionExpiryInterval((uint)SessionExpiry.TotalSeconds)
            .WithReceiveMaximum(MaxUnacknowledged)
            .WithMaximumPacketSize((uint)to.MaxPacketBytes)
            .WithTimeout(Patience)
            .Build();
        using var limit = new CancellationTokenSource(Patience, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stoppingToken);
        MqttClientConnectResult connected = await client.ConnectAsync(settings, linked.Token);
        if (connected.ResultCode != MqttClientConnectResultCode.Success)
            throw new IOException($"the broker refused the connection: {connected.ResultCode}");
        var filters = new MqttClientSubscribeOptionsBuilder();
        foreach (string filter in MqttTopics.RelaySubscriptions)
            filters.WithTopicFilter(filter, MqttQualityOfServiceLevel.AtLeastOnce);
        MqttClientSubscribeResult subscribed = await client.SubscribeAsync(filters.Build(), linked.Token);
        if (subscribed.Items.Any(item => item.ResultCode > MqttClientSubscribeResultCode.GrantedQoS2))
            throw new IOException("the broker refused the relay's subscriptions: see its access rules");
        log.BrokerReached(to.BrokerHost, to.BrokerPort);
    }

    private bool IsBroker(MqttClientCertificateValidationEventArgs shown)
    {
        if (shown.Certificate is null || shown.SslPolicyErrors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(ports.Authority());
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        using var copy = new X509Certificate2(shown.Certificate);
        return chain.Build(copy);
    }
}
