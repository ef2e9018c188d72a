using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Edge.Core.Identity;
using Edge.Core.Sync;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;
using TestKit;

namespace Relay.Tests.Sync;

/// <summary>An MQTT client that says what a test wants, also what no box would say.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();

    private RawClient() => _client.ApplicationMessageReceivedAsync += received =>
    {
        ExpirySeconds = received.ApplicationMessage.MessageExpiryInterval;
        if (DownMessage.Read(received.ApplicationMessage.Payload.ToArray()) is { } message)
            Heard.Enqueue(message);
        return Task.CompletedTask;
    };

    public ConcurrentQueue<DownMessage> Heard { get; } = [];

    /// <summary>How long the message heard last was good for.</summary>
    public uint ExpirySeconds { get; private set; }

    public bool IsConnected => _client.IsConnected;

    /// <exception cref="Exception">Whatever MQTTnet throws when it is refused.</exception>
    public static async Task<RawClient> ConnectAsync(RelayEnd relay, BoxId clientId, X509Certificate2? certificate, CancellationToken cancellationToken, int? port = null, ushort receiveMaximum = ushort.MaxValue)
    {
        var raw = new RawClient();
        MqttClientConnectResult result = await raw._client.ConnectAsync(new MqttClientOptionsBuilder()
            .WithProtocolVersion(MqttProtocolVersion.V500)
            .WithClientId(clientId.ToString())
            .WithTcpServer("localhost", port ?? relay.Port)
            .WithTlsOptions(tls =>
            {
                tls.UseTls().WithSslProtocols(SslProtocols.Tls13).WithCertificateValidationHandler(shown => relay.Certificates.IsOurs(shown.Certificate));
                if (certificate is not null)
                    tls.WithClientCertificates([certificate]);
            })
            .WithReceiveMaximum(receiveMaximum)
            .WithTimeout(TimeSpan.FromSeconds(10))
            .Build(), cancellationToken);
        if (result.ResultCode != MqttClientConnectResultCode.Success)
        {
            raw.Dispose();
            throw new IOException($"refused: {result.ResultCode}");
        }
        return raw;
    }

    public async Task SubscribeAsync(string filter, CancellationToken cancellationToken) =>
        await _client.SubscribeAsync(new MqttClientSubscribeOptionsBuilder().WithTopicFilter(filter, MqttQualityOfServiceLevel.AtLeastOnce).Build(), cancellationToken);

    public async Task<MqttClientPublishReasonCode> PublishAsync(string topic, byte[] payload, CancellationToken cancellationToken)
    {
        // An external broker drops what comes before the relay has subscribed, and says so. A real box sends again; so does this one.
        MqttClientPublishReasonCode answer = default;
        await Eventually.TrueAsync(async () =>
        {
            answer = (await _client.PublishAsync(new MqttApplicationMessageBuilder().WithTopic(topic).WithPayload(payload)
                .WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce).Build(), cancellationToken)).ReasonCode;
            return answer != MqttClientPublishReasonCode.NoMatchingSubscribers;
        });
        return answer;
    }

    public Task PingAsync(CancellationToken cancellationToken) => _client.PingAsync(cancellationToken);

    public void Dispose() => _client.Dispose();
}
