using Edge.Core.Identity;
using Edge.Core.Sync;
using Microsoft.Extensions.DependencyInjection;
using MQTTnet;
using Relay.Sync;
using TestKit;
using TestKit.Identity;
using Xunit;

namespace Relay.Tests.Sync;

/// <summary>Who may do what at a broker; the same on each.</summary>
public abstract class BrokerContract(BrokerKind kind) : IAsyncLifetime
{
    private RelayEnd _relay = null!;
    private BoxId _one;
    private BoxId _other;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _relay = await RelayEnd.StartAsync(kind, Token);
        _one = _relay.AddBox("school-1");
        _other = _relay.AddBox("school-2");
    }

    public async ValueTask DisposeAsync()
    {
        await _relay.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_box_cannot_speak_for_another()
    {
        using RawClient one = await ConnectAsync(_one);
        foreach (string topic in (string[])[MqttTopics.Up(_other), MqttTopics.Status(_other), MqttTopics.Down(_other), MqttTopics.Down(_one), "box", "relay/x"])
            Assert.Equal(MqttClientPublishReasonCode.NotAuthorized, await one.PublishAsync(topic, Greeting(), Token));
        Assert.NotEqual(MqttClientPublishReasonCode.NotAuthorized, await one.PublishAsync(MqttTopics.Up(_one), Greeting(), Token));
        await Eventually.TrueAsync(() => _relay.Count("cursors") == 1);
        Assert.False(_relay.Connected.ContainsKey(_other));
    }

    [Fact]
    public async Task A_box_cannot_hear_what_goes_to_another()
    {
        using RawClient one = await ConnectAsync(_one);
        using RawClient other = await ConnectAsync(_other);
        foreach (string filter in (string[])["#", "box/#", "box/+/down", MqttTopics.Down(_other), MqttTopics.Up(_other), "$SYS/#"])
            await one.SubscribeAsync(filter, Token);
        await other.SubscribeAsync(MqttTopics.Down(_other), Token);
        await other.PublishAsync(MqttTopics.Up(_other), Greeting(), Token);
        await Eventually.TrueAsync(() => !other.Heard.IsEmpty);
        // What comes for itself comes after anything that leaked.
        await one.SubscribeAsync(MqttTopics.Down(_one), Token);
        await one.PublishAsync(MqttTopics.Up(_one), Greeting(storage: 9), Token);
        await Eventually.TrueAsync(() => !one.Heard.IsEmpty);
        Assert.All(one.Heard, message => Assert.Equal(9UL, message.Epoch?.Storage));
    }

    [Fact]
    public async Task A_certificate_of_another_authority_and_none_at_all_are_refused()
    {
        using var foreign = new TestCertificates();
        await Assert.ThrowsAnyAsync<Exception>(() => RawClient.ConnectAsync(_relay, _one, foreign.Client(_one.ToString()), Token));
        await Assert.ThrowsAnyAsync<Exception>(() => RawClient.ConnectAsync(_relay, _one, null, Token));
    }

    [Fact]
    public async Task A_client_id_that_is_not_the_certificates_name_gains_nothing()
    {
        using RawClient other = await ConnectAsync(_other);
        // The embedded broker refuses it; Mosquitto puts the certificate's name in its place.
        try
        {
            using RawClient one = await RawClient.ConnectAsync(_relay, _other, _relay.Certificates.Client(_one.ToString()), Token);
            Assert.Equal(BrokerKind.External, kind);
            Assert.Equal(MqttClientPublishReasonCode.NotAuthorized, await one.PublishAsync(MqttTopics.Up(_other), Greeting(), Token));
        }
        catch (Exception e) when (e is not Xunit.Sdk.XunitException)
        {
            Assert.Equal(BrokerKind.Embedded, kind);
        }
        Assert.NotEqual(MqttClientPublishReasonCode.NotAuthorized, await other.PublishAsync(MqttTopics.Up(_other), Greeting(), Token));
    }

    [Fact]
    public async Task What_a_revoked_box_sends_is_not_taken_in()
    {
        _relay.Schools.TryRemove(_one, out _);
        try
        {
            using RawClient one = await ConnectAsync(_one);
            await one.PublishAsync(MqttTopics.Up(_one), Greeting(), Token);
            Assert.Equal(BrokerKind.External, kind);
        }
        catch (Exception e) when (e is not Xunit.Sdk.XunitException)
        {
            Assert.Equal(BrokerKind.Embedded, kind);
        }
        using RawClient other = await ConnectAsync(_other);
        await other.PublishAsync(MqttTopics.Up(_other), Greeting(), Token);
        await Eventually.TrueAsync(() => _relay.Count("cursors") == 1);
    }

    [Fact]
    public async Task A_box_that_is_revoked_loses_its_connection_within_two_seconds()
    {
        using RawClient one = await ConnectAsync(_one);
        using RawClient other = await ConnectAsync(_other);
        _relay.Schools.TryRemove(_one, out _);
        await _relay.Services.GetRequiredService<IBoxBroker>().DropAsync(_one, Token);
        if (kind == BrokerKind.External)
        {
            // Another broker's connections are its own; what comes over them is left.
            Assert.True(one.IsConnected);
            return;
        }
        await Eventually.TrueAsync(() => !one.IsConnected, TimeSpan.FromSeconds(2));
        Assert.True(other.IsConnected);
        await Assert.ThrowsAnyAsync<Exception>(() => ConnectAsync(_one));
    }

    [Fact]
    public async Task A_packet_over_the_bound_ends_the_connection()
    {
        using RawClient one = await ConnectAsync(_one);
        // The publish may fail at once or wait for an acknowledgement that does not come.
        Task publish = one.PublishAsync(MqttTopics.Up(_one), new byte[400 << 10], Token);
        await Eventually.TrueAsync(() => !one.IsConnected);
        await Assert.ThrowsAnyAsync<Exception>(() => publish);
        using RawClient again = await ConnectAsync(_one);
        await again.PublishAsync(MqttTopics.Up(_one), Greeting(), Token);
        await Eventually.TrueAsync(() => _relay.Count("cursors") == 1);
    }

    private Task<RawClient> ConnectAsync(BoxId box) => RawClient.ConnectAsync(_relay, box, _relay.Certificates.Client(box.ToString()), Token);

    private static byte[] Greeting(ulong storage = 7) => Envelope.Write(new EnvelopeHeader(0, storage, 1, 0, 0, 0), []);
}

public sealed class EmbeddedBrokerTests() : BrokerContract(BrokerKind.Embedded);

public sealed class MosquittoBrokerTests() : BrokerContract(BrokerKind.External);
