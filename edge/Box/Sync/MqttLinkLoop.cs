using System.Buffers;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Threading.Channels;
using Edge.Box.Feedback;
using Edge.Core.Feedback;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Microsoft.Extensions.Options;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace Edge.Box.Sync;

/// <summary>Keeps the box's MQTT link: connects, sends what the outbox owes, takes in what the relay sends, reports status.
/// What is decided is decided in <see cref="Outbox"/> and <see cref="SendWindow"/>; here it is carried out.</summary>
public sealed class MqttLinkLoop(
    SqliteOutbox outbox, DownInbox inbox, LinkPorts ports, LinkState state, IOptions<SyncOptions> options, TimeProvider time, Func<double> draw, ILogger<MqttLinkLoop> log)
    : BackgroundService
{
    // Messages from the relay that wait for the disk; more of them wait in the connection.
    private const int MaxWaitingMessages = 32;
    private const int MaxUnanswered = 3;
    private static readonly TimeSpan ClaimCheckInterval = TimeSpan.FromSeconds(1);

    private readonly SyncOptions _options = options.Value;
    private readonly Reporter _reporter = new(ports, state, options.Value, time, outbox.Starts);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Backoff backoff = default;
        await Task.Delay(draw() * _options.FirstAttemptSpread, time, stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            if (ports.Credentials() is not { } credentials)
            {
                await Task.Delay(ClaimCheckInterval, time, stoppingToken);
                continue;
            }
            try
            {
                await HoldAsync(credentials, () => backoff = default, stoppingToken);
                log.LinkLost("the connection was closed");
            }
            catch (Exception e) when (IsTrouble(e) && !stoppingToken.IsCancellationRequested)
            {
                if (state.Connected)
                    log.LinkLost(e.Message);
                else if (backoff.Failures == 0)
                    log.NotReached(e.Message);
            }
            finally
            {
                state.Lost();
            }
            backoff = backoff.Next();
            await Task.Delay(backoff.Delay(draw(), _options.FirstRetry, _options.MaxRetry), time, stoppingToken);
        }
    }

    private static bool IsTrouble(Exception e) =>
        e is MqttCommunicationException or MqttProtocolViolationException or MqttClientUnexpectedDisconnectReceivedException
            or IOException or SocketException or AuthenticationException or TimeoutException or OperationCanceledException or ObjectDisposedException;

    private async Task HoldAsync(LinkCredentials credentials, Action answered, CancellationToken stoppingToken)
    {
        using IMqttClient client = new MqttClientFactory().CreateMqttClient();
        var arrived = Channel.CreateBounded<MqttApplicationMessageReceivedEventArgs>(new BoundedChannelOptions(MaxWaitingMessages) { SingleReader = true });
        client.ApplicationMessageReceivedAsync += async received =>
        {
            // Acknowledged by hand once it is on the disk.
            received.AutoAcknowledge = false;
            try
            {
                await arrived.Writer.WriteAsync(received, stoppingToken);
            }
            catch (ChannelClosedException)
            {
                // The connection is over; what is not acknowledged comes again.
            }
        };
        client.DisconnectedAsync += _ =>
        {
            arrived.Writer.TryComplete();
            return Task.CompletedTask;
        };
        try
        {
            await ConnectAsync(client, credentials, stoppingToken);
            await ServeAsync(client, credentials.Box, arrived.Reader, answered, stoppingToken);
        }
        catch (NullReferenceException e) when (!client.IsConnected)
        {
            // MQTTnet 5.2 lets go of its connection object when the link ends and then trips over the missing one in acknowledge and publish.
            throw new IOException("the connection ended", e);
        }
        finally
        {
            arrived.Writer.TryComplete();
            if (client.IsConnected)
                await LeaveAsync(client);
        }
    }

    private async Task ConnectAsync(IMqttClient client, LinkCredentials credentials, CancellationToken stoppingToken)
    {
        string host = _options.BrokerHost ?? credentials.Host;
        MqttClientOptions settings = new MqttClientOptionsBuilder()
            .WithProtocolVersion(MqttProtocolVersion.V500)
            .WithClientId(credentials.Box.ToString())
            .WithTcpServer(host, _options.BrokerPort)
            .WithTlsOptions(tls => tls
                .UseTls()
                .WithTargetHost(host)
                .WithSslProtocols(SslProtocols.Tls13)
                .WithClientCertificates([credentials.Certificate])
                .WithCertificateValidationHandler(shown => credentials.IsRelay(shown.Certificate, shown.SslPolicyErrors)))
            .WithCleanStart(false)
            .WithSessionExpiryInterval((uint)_options.SessionExpiry.TotalSeconds)
            .WithKeepAlivePeriod(_options.KeepAlive)
            .WithTimeout(_options.Patience)
            .WithMaximumPacketSize(DownMessage.MaxBytes + 1024)
            .WithReceiveMaximum(MaxWaitingMessages)
            .WithWillTopic(MqttTopics.Presence(credentials.Box))
            .WithWillPayload("0")
            .WithWillQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce)
            .Build();
        using var limit = new CancellationTokenSource(_options.Patience, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stoppingToken);
        MqttClientConnectResult connected = await client.ConnectAsync(settings, linked.Token);
        if (connected.ResultCode != MqttClientConnectResultCode.Success)
            throw new IOException($"the broker refused the connection: {connected.ResultCode} {connected.ReasonString}");
        MqttClientSubscribeResult subscribed = await client.SubscribeAsync(
            new MqttClientSubscribeOptionsBuilder().WithTopicFilter(MqttTopics.Down(credentials.Box), MqttQualityOfServiceLevel.AtLeastOnce).Build(), linked.Token);
        if (subscribed.Items.Any(item => item.ResultCode > MqttClientSubscribeResultCode.GrantedQoS2))
            throw new IOException("the broker refused the subscription");
        await PublishAsync(client, MqttTopics.Presence(credentials.Box), "1"u8.ToArray(), linked.Token);
        log.LinkUp(host, _options.BrokerPort);
    }

    private async Task ServeAsync(
        IMqttClient client, BoxId box, ChannelReader<MqttApplicationMessageReceivedEventArgs> arrived, Action answered, CancellationToken stoppingToken)
    {
        var session = new Session(default, time.GetTimestamp());
        _reporter.Reset();
        await GreetAsync(client, box, stoppingToken);
        while (client.IsConnected && !arrived.Completion.IsCompleted)
        {
            while (arrived.TryRead(out MqttApplicationMessageReceivedEventArgs? message))
            {
                session = await HearAsync(message, session, stoppingToken);
                if (session.Window.Greeted)
                    answered();
            }
            if (session.HasNews)
            {
                // Says how far the box has got with what comes down, so that the relay sends the next, or again.
                session = session with { HasNews = false };
                await GreetAsync(client, box, stoppingToken);
            }
            Outbox owed = outbox.State;
            session = await SendAsync(client, box, owed, session, stoppingToken);
            if (session.Window.Greeted && _reporter.Due(owed) is { } report)
                await PublishAsync(client, MqttTopics.Status(box), report.ToJson(), stoppingToken);
            await SleepAsync(arrived, session, owed, stoppingToken);
        }
        // Why it ended is said by what was under way, if anything was.
        await Task.WhenAll(session.Publishing);
    }

    /// <summary>Carries out one message and tells the broker that it is kept.</summary>
    private async Task<Session> HearAsync(MqttApplicationMessageReceivedEventArgs received, Session session, CancellationToken stoppingToken)
    {
        state.Heard();
        if (DownMessage.Read(received.ApplicationMessage.Payload.ToArray()) is not { } message)
        {
            log.MessageNotSound();
        }
        else if (message.Ack is { } ack)
        {
            (Outbox before, Outbox after) = await outbox.TakeAsync(ack, stoppingToken);
            session = session with { Window = session.Window.With(ack, before, after), Unanswered = 0, WaitsSince = time.GetTimestamp() };
            if (after.Epoch == 0 && before.Epoch != 0)
            {
                log.EpochEnded(before.Epoch);
                session = session with { HasNews = true };
            }
        }
        else if (message.Epoch is { } grant)
        {
            if (await outbox.TakeAsync(grant, stoppingToken))
            {
                log.EpochGranted(grant.Epoch);
                session = session with { Window = SendWindow.Granted, Unanswered = 0, WaitsSince = time.GetTimestamp() };
            }
        }
        else if (message.Item is { } item)
        {
            DownOutcome outcome = await inbox.TakeAsync(item, stoppingToken);
            if (outcome == DownOutcome.Gap)
                log.DownGap(item.Sequence);
            session = session with { HasNews = true };
        }
        else if (message.Nudge is { } nudge)
        {
            ports.Nudged(nudge);
        }
        await received.AcknowledgeAsync(stoppingToken);
        return session;
    }

    private async Task<Session> SendAsync(IMqttClient client, BoxId box, Outbox owed, Session session, CancellationToken stoppingToken)
    {
        foreach (Task<MqttClientPublishResult> done in session.Publishing.Where(task => task.IsCompleted).ToArray())
        {
            Check(await done);
            session.Publishing.Remove(done);
        }
        if (session.Window.Waits(owed) && time.GetElapsedTime(session.WaitsSince) > AckWait(session))
        {
            if (session.Unanswered == MaxUnanswered)
                throw new TimeoutException("the relay does not answer");
            session = session with { Window = default, Unanswered = session.Unanswered + 1, WaitsSince = time.GetTimestamp() };
            await GreetAsync(client, box, stoppingToken);
        }
        while (session.Window.Next(owed, _options.BatchItems, _options.BatchItems * _options.BatchesAhead) is { } next)
        {
            if (next.Count < _options.BatchItems && _options.Linger > TimeSpan.Zero)
            {
                session = session with { LingersSince = session.LingersSince ?? time.GetTimestamp() };
                if (time.GetElapsedTime(session.LingersSince!.Value) < _options.Linger)
                    return session;
            }
            OutboxBatch batch = outbox.Batch(next.First, next.Count, _options.BatchBytes);
            // Not awaited: the next batch may follow while this one is stored.
            session.Publishing.Add(client.PublishAsync(Message(MqttTopics.Up(box), Envelope.Write(batch.Header, batch.Items)), stoppingToken));
            session = session with
            {
                WaitsSince = session.Window.Waits(owed) ? session.WaitsSince : time.GetTimestamp(),
                Window = session.Window.WithSent(batch.Header.Last),
                LingersSince = null,
            };
        }
        return session;
    }

    /// <summary>Until there is something to do: a message, a new item, a report, an ack that does not come.</summary>
    private async Task SleepAsync(ChannelReader<MqttApplicationMessageReceivedEventArgs> arrived, Session session, Outbox owed, CancellationToken stoppingToken)
    {
        TimeSpan wait = _options.StatusInterval;
        if (session.Window.Waits(owed))
            wait = Min(wait, AckWait(session) - time.GetElapsedTime(session.WaitsSince));
        if (session.LingersSince is { } since)
            wait = Min(wait, _options.Linger - time.GetElapsedTime(since));
        if (wait <= TimeSpan.Zero)
            return;
        using var limit = new CancellationTokenSource();
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stoppingToken);
        Task<bool> message = arrived.WaitToReadAsync(linked.Token).AsTask();
        Task added = session.LingersSince is null ? AddedAsync(linked.Token) : Never(linked.Token);
        await Task.WhenAny([message, added, Task.Delay(wait, time, linked.Token), .. session.Publishing]);
        await limit.CancelAsync();
        await Task.WhenAll(message, added).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        stoppingToken.ThrowIfCancellationRequested();
    }

    private async Task AddedAsync(CancellationToken cancellationToken)
    {
        await outbox.Added.WaitToReadAsync(cancellationToken);
        outbox.Added.TryRead(out _);
    }

    private Task Never(CancellationToken cancellationToken) => Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);

    private TimeSpan AckWait(Session session) => _options.AckPatience * (1 << session.Unanswered);

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private async Task GreetAsync(IMqttClient client, BoxId box, CancellationToken stoppingToken)
    {
        OutboxBatch greeting = outbox.Batch(outbox.State.Acked + 1, count: 0, maxBytes: 0);
        await PublishAsync(client, MqttTopics.Up(box), Envelope.Write(greeting.Header, greeting.Items), stoppingToken);
    }

    private static async Task PublishAsync(IMqttClient client, string topic, byte[] payload, CancellationToken cancellationToken) =>
        Check(await client.PublishAsync(Message(topic, payload), cancellationToken));

    private static MqttApplicationMessage Message(string topic, byte[] payload) =>
        new MqttApplicationMessageBuilder().WithTopic(topic).WithPayload(payload).WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce).Build();

    // A broker that has nobody to give it to says so and means it well: the ack that counts is the relay's.
    private static void Check(MqttClientPublishResult result)
    {
        if (result.ReasonCode is not (MqttClientPublishReasonCode.Success or MqttClientPublishReasonCode.NoMatchingSubscribers))
            throw new IOException($"the broker refused a message: {result.ReasonCode} {result.ReasonString}");
    }

    private async Task LeaveAsync(IMqttClient client)
    {
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2), time);
            // With its will, so that the relay sees at once that the box is gone.
            await client.DisconnectAsync(new MqttClientDisconnectOptions { Reason = MqttClientDisconnectOptionsReason.DisconnectWithWillMessage }, limit.Token);
        }
        catch (Exception e) when (IsTrouble(e))
        {
            // It is over either way.
        }
    }

    /// <summary>What is known of this connection only.</summary>
    private sealed record Session(SendWindow Window, long WaitsSince)
    {
        public int Unanswered { get; init; }

        public long? LingersSince { get; init; }

        /// <summary>The relay should hear where the box stands.</summary>
        public bool HasNews { get; init; }

        /// <summary>Publishes that the broker has not acknowledged; at most a few.</summary>
        public List<Task<MqttClientPublishResult>> Publishing { get; } = [];
    }
}
