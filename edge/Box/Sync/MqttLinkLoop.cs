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
    SqliteOutbox outbox, LinkEar ear, HttpsLink https, LinkPorts ports, LinkState state, IOptions<SyncOptions> options, TimeProvider time, Func<double> draw, ILogger<MqttLinkLoop> log)
    : BackgroundService
{
    // Messages from the relay that wait for the disk; more of them wait in the connection.
    private const int MaxWaitingMessages = 32;
    private const int MaxUnanswered = 3;
    private const int MaxOvertaking = 8;
    private static readonly TimeSpan LeastKeepAlive = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ClaimCheckInterval = TimeSpan.FromSeconds(1);

    private readonly SyncOptions _options = options.Value;
    private readonly Reporter _reporter = new(ports, state, options.Value, time, outbox.Starts);
    private KeepAlive _keepAlive = new(options.Value.KeepAlive);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Backoff backoff = default;
        await Task.Delay(draw() * (outbox.Spread ?? _options.FirstAttemptSpread), time, stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            if (ports.Credentials() is not { } credentials)
            {
                await Task.Delay(ClaimCheckInterval, time, stoppingToken);
                continue;
            }
            var held = new Held();
            try
            {
                await HoldAsync(credentials, held, stoppingToken);
                log.LinkLost("the connection was closed");
            }
            catch (Exception e) when (IsTrouble(e) && !stoppingToken.IsCancellationRequested)
            {
                held.Silent = e is TimeoutException or OperationCanceledException;
                if (held.Answered)
                    log.LinkLost(e.Message);
                else if (backoff.Failures == 0)
                    log.NotReached(e.Message);
            }
            finally
            {
                state.Lost();
            }
            if (held.TakenOver)
                log.TakenOver();
            backoff = (held.Answered ? default : backoff).Next();
            // The broker is tried again at the same pace; what is given meanwhile goes with the next round.
            if (backoff.Failures >= _options.HttpsAfterFailures && await OverHttpsAsync(stoppingToken) && backoff.Failures == _options.HttpsAfterFailures)
                log.OverHttps();
            LinkEnd end = held.TakenOver ? LinkEnd.TakenOver : held.Answered && !held.Silent ? LinkEnd.Closed : LinkEnd.Silent;
            await Task.Delay(Redial.After(end, backoff, outbox.Spread ?? TimeSpan.Zero, draw(), _options.FirstRetry, _options.MaxRetry), time, stoppingToken);
        }
    }

    private static bool IsTrouble(Exception e) =>
        e is MqttCommunicationException or MqttProtocolViolationException or MqttClientUnexpectedDisconnectReceivedException
            or IOException or SocketException or AuthenticationException or TimeoutException or OperationCanceledException or ObjectDisposedException;

    private async Task<bool> OverHttpsAsync(CancellationToken stoppingToken)
    {
        try
        {
            if (!await https.RoundAsync(stoppingToken))
                return false;
            if (_reporter.Due(outbox.State) is { } report)
                await https.ReportAsync(report, stoppingToken);
            return true;
        }
        catch (Exception e) when ((IsTrouble(e) || e is HttpRequestException) && !stoppingToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task HoldAsync(LinkCredentials credentials, Held held, CancellationToken stoppingToken)
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
        client.DisconnectedAsync += ended =>
        {
            held.TakenOver = ended.Reason == MqttClientDisconnectReason.SessionTakenOver;
            arrived.Writer.TryComplete();
            return Task.CompletedTask;
        };
        try
        {
            await ConnectAsync(client, credentials, stoppingToken);
            await ServeAsync(client, credentials.Box, arrived.Reader, held, stoppingToken);
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
            // Longer than we are ever silent: the signs of life are our own, at a pace that the link sets.
            .WithKeepAlivePeriod(_options.MaxKeepAlive * 1.25)
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
        IMqttClient client, BoxId box, ChannelReader<MqttApplicationMessageReceivedEventArgs> arrived, Held held, CancellationToken stoppingToken)
    {
        var session = new Session(default, time.GetTimestamp()) { QuietSince = time.GetTimestamp() };
        _reporter.Reset();
        await GreetAsync(client, box, stoppingToken);
        while (client.IsConnected && !arrived.Completion.IsCompleted)
        {
            while (arrived.TryRead(out MqttApplicationMessageReceivedEventArgs? message))
            {
                session = await HearAsync(message, session, stoppingToken);
                held.Answered |= session.Window.Greeted;
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
                session = await PublishAsync(client, MqttTopics.Status(box), report.ToJson(), session, stoppingToken);
            session = await StayAsync(client, session, stoppingToken);
            await SleepAsync(arrived, session, owed, stoppingToken);
        }
        // Why it ended is said by what was under way, if anything was.
        await Task.WhenAll(session.Publishing);
    }

    /// <summary>Carries out one message and tells the broker that it is kept.</summary>
    private async Task<Session> HearAsync(MqttApplicationMessageReceivedEventArgs received, Session session, CancellationToken stoppingToken)
    {
        Heard heard = await ear.TakeAsync(received.ApplicationMessage.Payload.ToArray(), session.Window, stoppingToken);
        await received.AcknowledgeAsync(stoppingToken);
        long now = time.GetTimestamp();
        session = session with { Window = heard.Window, HasNews = session.HasNews || heard.HasNews, QuietSince = now };
        // Under a new epoch the places are others.
        if (heard.Window == SendWindow.Granted)
            session = session with { Overtaken = 0 };
        return heard.Answered ? session with { Unanswered = 0, WaitsSince = now, PausedSince = now, Pause = heard.Wait } : session;
    }

    /// <summary>Says that the box is there when nothing else was said for long; learns how long the link stands it.</summary>
    private async Task<Session> StayAsync(IMqttClient client, Session session, CancellationToken stoppingToken)
    {
        if (time.GetElapsedTime(session.QuietSince) < _keepAlive.Interval)
            return session;
        try
        {
            await WithinPatienceAsync(client.PingAsync, stoppingToken);
        }
        catch (Exception e) when (IsTrouble(e) && !stoppingToken.IsCancellationRequested)
        {
            _keepAlive = _keepAlive.Died(Min(LeastKeepAlive, _options.KeepAlive));
            throw new TimeoutException("the link is dead", e);
        }
        _keepAlive = _keepAlive.Answered(_options.MaxKeepAlive);
        return session with { QuietSince = time.GetTimestamp() };
    }

    /// <summary>A link that swallows everything must not hold us longer than we are patient.</summary>
    private async Task WithinPatienceAsync(Func<CancellationToken, Task> act, CancellationToken stoppingToken)
    {
        using var limit = new CancellationTokenSource(_options.Patience, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stoppingToken);
        await act(linked.Token);
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
        while (time.GetElapsedTime(session.PausedSince) >= session.Pause && session.Window.Next(owed, _options.BatchItems, _options.BatchItems * _options.BatchesAhead) is { } next)
        {
            if (next.Count < _options.BatchItems && _options.Linger > TimeSpan.Zero)
            {
                session = session with { LingersSince = session.LingersSince ?? time.GetTimestamp() };
                if (time.GetElapsedTime(session.LingersSince!.Value) < _options.Linger)
                    return Overtake(client, box, owed, session, stoppingToken);
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
        return Overtake(client, box, owed, session, stoppingToken);
    }

    /// <summary>Calls for help do not stand in line behind a month of answers: they go ahead, each alone, and once more in their place.</summary>
    private Session Overtake(IMqttClient client, BoxId box, Outbox owed, Session session, CancellationToken stoppingToken)
    {
        long behind = Math.Max(Math.Max(session.Window.Sent, owed.Acked), session.Overtaken);
        if (!session.Window.Greeted || owed.Epoch == 0 || behind >= owed.Last)
            return session;
        foreach (long sequence in outbox.Urgent(behind, MaxOvertaking))
        {
            OutboxBatch batch = outbox.Batch(sequence, count: 1, _options.BatchBytes);
            session.Publishing.Add(client.PublishAsync(Message(MqttTopics.Urgent(box), Envelope.Write(batch.Header, batch.Items)), stoppingToken));
            session = session with { Overtaken = sequence };
        }
        return session;
    }

    /// <summary>Until there is something to do: a message, a new item, a report, an ack that does not come.</summary>
    private async Task SleepAsync(ChannelReader<MqttApplicationMessageReceivedEventArgs> arrived, Session session, Outbox owed, CancellationToken stoppingToken)
    {
        TimeSpan wait = _options.StatusInterval;
        if (session.Window.Waits(owed))
            wait = Min(wait, AckWait(session) - time.GetElapsedTime(session.WaitsSince));
        if (session.Pause > TimeSpan.Zero && session.Pause - time.GetElapsedTime(session.PausedSince) is { Ticks: > 0 } pause)
            wait = Min(wait, pause);
        TimeSpan stay = _keepAlive.Interval - time.GetElapsedTime(session.QuietSince);
        wait = Min(wait, stay > TimeSpan.Zero ? stay : TimeSpan.FromMilliseconds(1));
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

    private Task PublishAsync(IMqttClient client, string topic, byte[] payload, CancellationToken stoppingToken) =>
        WithinPatienceAsync(async limited => Check(await client.PublishAsync(Message(topic, payload), limited)), stoppingToken);

    /// <summary>As the other; its acknowledgement is a sign of life.</summary>
    private async Task<Session> PublishAsync(IMqttClient client, string topic, byte[] payload, Session session, CancellationToken stoppingToken)
    {
        await PublishAsync(client, topic, payload, stoppingToken);
        return session with { QuietSince = time.GetTimestamp() };
    }

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

    /// <summary>What there is to say of a connection when it is over.</summary>
    private sealed class Held
    {
        public bool Answered { get; set; }

        public bool Silent { get; set; }

        public bool TakenOver { get; set; }
    }

    /// <summary>What is known of this connection only.</summary>
    private sealed record Session(SendWindow Window, long WaitsSince)
    {
        public int Unanswered { get; init; }

        public long? LingersSince { get; init; }

        /// <summary>When the relay was heard last, or acknowledged something.</summary>
        public long QuietSince { get; init; }

        /// <summary>The relay asked for so much rest at <see cref="PausedSince"/>.</summary>
        public TimeSpan Pause { get; init; }

        public long PausedSince { get; init; }

        /// <summary>The last urgent item that went ahead of its place.</summary>
        public long Overtaken { get; init; }

        /// <summary>The relay should hear where the box stands.</summary>
        public bool HasNews { get; init; }

        /// <summary>Publishes that the broker has not acknowledged; at most a few.</summary>
        public List<Task<MqttClientPublishResult>> Publishing { get; } = [];
    }
}
