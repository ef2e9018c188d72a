using Edge.Core.Identity;
using Edge.Core.Sync;
using Microsoft.Extensions.DependencyInjection;
using MQTTnet;
using Relay.Sync;
using TestKit;
using TestKit.Identity;
using TestKit.Link;
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
        foreach (string topic in (string[])[MqttTopics.Up(_other), MqttTopics.Urgent(_other), MqttTopics.Presence(_other), MqttTopics.Status(_other), MqttTopics.Down(_other), MqttTopics.Down(_one), "box", "relay/x"])
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

    [Fact]
    public async Task A_publish_counts_as_stored_only_after_the_commit()
    {
        using RawClient one = await ConnectAsync(_one);
        await one.SubscribeAsync(MqttTopics.Down(_one), Token);
        using var held = new ManualResetEventSlim();
        Task holding = Task.Run(() => _relay.Database.WriteAsync((_, _) => held.Wait(TimeSpan.FromSeconds(20)), Token), Token);
        Task publish = one.PublishAsync(MqttTopics.Up(_one), Greeting(), Token);
        await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, Token);
        bool heardEarly = !one.Heard.IsEmpty, acknowledgedEarly = publish.IsCompleted;
        held.Set();
        await holding;
        await publish;
        Assert.False(heardEarly);
        // Mosquitto's word is about itself; the relay's own is given after the commit.
        Assert.True(kind == BrokerKind.External || !acknowledgedEarly);
        await Eventually.TrueAsync(() => !one.Heard.IsEmpty);
        // What a slow link holds up for minutes is worth nothing any more.
        Assert.InRange(one.ExpirySeconds, 1u, 120u);
    }

    [Theory]
    [InlineData(ushort.MaxValue)]
    [InlineData(1)] // takes one message at a time: nothing stands still, nothing is lost
    public async Task No_more_goes_down_than_a_box_reports_to_have(ushort receiveMaximum)
    {
        using RawClient one = await RawClient.ConnectAsync(_relay, _one, _relay.Certificates.Client(_one.ToString()), Token, receiveMaximum: receiveMaximum);
        await one.SubscribeAsync(MqttTopics.Down(_one), Token);
        await one.PublishAsync(MqttTopics.Up(_one), Greeting(), Token);
        await Eventually.TrueAsync(() => one.Heard.Any(message => message.Epoch is not null));
        var queue = _relay.Services.GetRequiredService<DownQueue>();
        await _relay.Database.WriteAsync((connection, transaction) =>
        {
            for (int i = 1; i <= 40; i++)
                queue.Add(connection, transaction, _one, new DownItem(0, $"notice-{i}", DownKind.Notice, null, null, "no school tomorrow"));
        }, Token);
        for (int through = 0; through < 40; through += 8)
        {
            await one.PublishAsync(MqttTopics.Up(_one), Envelope.Write(new EnvelopeHeader(1, 7, 1, 0, 0, through), []), Token);
            await Eventually.TrueAsync(() => Items(one).Contains(through + 8));
            Assert.Equal(through + 8, Items(one).Max());
        }
        Assert.Equal(Enumerable.Range(1, 40).Select(i => (long)i), Items(one).Distinct());
    }

    [Fact]
    public async Task A_broker_keeps_an_item_no_longer_than_it_is_worth_something()
    {
        using RawClient one = await ConnectAsync(_one);
        await one.SubscribeAsync(MqttTopics.Down(_one), Token);
        await one.PublishAsync(MqttTopics.Up(_one), Greeting(), Token);
        await Eventually.TrueAsync(() => !one.Heard.IsEmpty);
        DateTimeOffset now = DateTimeOffset.UnixEpoch.AddDays(20_000);
        foreach ((TimeSpan left, uint atMost) in ((TimeSpan, uint)[])[(TimeSpan.FromSeconds(20), 20), (TimeSpan.FromDays(1), 120), (TimeSpan.Zero, 1)])
        {
            int heard = one.Heard.Count;
            await _relay.Services.GetRequiredService<IBoxBroker>().SendAsync(_one, new DownMessage(Item: new DownItem(1, "n", DownKind.Notice, null, null, "x", Expires: now + left, At: now)), Token);
            await Eventually.TrueAsync(() => one.Heard.Count > heard);
            Assert.InRange(one.ExpirySeconds, atMost == 1 ? 0 : atMost - 5, atMost);
        }
    }

    [Fact]
    public async Task An_idle_link_costs_at_most_25_kB_a_day()
    {
        await using ImpairedProxy proxy = ImpairedProxy.To(_relay.Port);
        using RawClient one = await RawClient.ConnectAsync(_relay, _one, _relay.Certificates.Client(_one.ToString()), Token, proxy.Port);
        await one.PublishAsync(MqttTopics.Presence(_one), "1"u8.ToArray(), Token);
        long before = proxy.UpBytes + proxy.DownBytes;
        const int Measured = 10;
        for (int i = 0; i < Measured; i++)
            await one.PingAsync(Token);
        double pingBytes = (proxy.UpBytes + proxy.DownBytes - before) / (double)Measured + Packets * HeadBytes;
        // A school's usual report: what is whole shows no outlook.
        var report = new StatusReport(1, "0.1.0", TimeSpan.FromDays(3), [.. Enumerable.Range(0, 20).Select(i => new PackReport($"pack-{i}", 1, PackHolding.Verified, 9_000_000, 9_000_000))], [], 0, 1L << 34, new ListVersions(1, 2, 3));
        before = proxy.UpBytes + proxy.DownBytes;
        await one.PublishAsync(MqttTopics.Status(_one), report.ToJson(), Token);
        double reportBytes = proxy.UpBytes + proxy.DownBytes - before + (Packets + 1) * HeadBytes;
        var box = new Edge.Box.Sync.SyncOptions();
        var keepAlive = new KeepAlive(box.KeepAlive);
        double bytes = 0;
        TimeSpan sinceReport = TimeSpan.Zero;
        for (TimeSpan at = TimeSpan.Zero; at < TimeSpan.FromDays(1); at += keepAlive.Interval)
        {
            bytes += pingBytes;
            sinceReport += keepAlive.Interval;
            if (sinceReport >= box.StatusRefresh)
            {
                bytes += reportBytes;
                sinceReport = TimeSpan.Zero;
            }
            keepAlive = keepAlive.Answered(box.MaxKeepAlive);
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{kind}: ping {pingBytes}, report {reportBytes}, a day {bytes}");
        Assert.InRange(bytes, 5_000, 25_000);
    }

    // Of TCP and IP; a word, its answer and the acknowledgement of that.
    private const int HeadBytes = 52;
    private const int Packets = 3;

    private static IEnumerable<long> Items(RawClient client) => client.Heard.Select(message => message.Item?.Sequence ?? 0).Where(sequence => sequence > 0);

    private Task<RawClient> ConnectAsync(BoxId box) => RawClient.ConnectAsync(_relay, box, _relay.Certificates.Client(box.ToString()), Token);

    private static byte[] Greeting(ulong storage = 7) => Envelope.Write(new EnvelopeHeader(0, storage, 1, 0, 0, 0), []);
}

public sealed class EmbeddedBrokerTests() : BrokerContract(BrokerKind.Embedded);

public sealed class MosquittoBrokerTests() : BrokerContract(BrokerKind.External);
