using Edge.Box.Feedback;
using Edge.Box.Sync;
using Edge.Core.Feedback;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TestKit.Disk;

namespace Relay.Tests.Sync;

/// <summary>The box's end of the link, real: outbox and answers on disk, and the loop.</summary>
internal sealed class BoxEnd : IAsyncDisposable
{
    private static ulong s_run;
    private readonly TempFolder _folder = new();
    private readonly RelayEnd _relay;
    private readonly ulong _run = Interlocked.Increment(ref s_run);
    private FeedbackDatabase? _file;
    private MqttLinkLoop? _loop;
    private AttachmentSendLoop? _sending;
    private readonly int _port;
    private readonly Action<SyncOptions>? _adjust;
    private ulong _number;

    private BoxEnd(RelayEnd relay, BoxId id, int port, Action<SyncOptions>? adjust)
    {
        _adjust = adjust;
        _relay = relay;
        Id = id;
        _port = port;
    }

    public BoxId Id { get; }

    public SqliteOutbox Outbox { get; private set; } = null!;

    public AttachmentStore Attachments { get; private set; } = null!;

    public DownInbox Inbox { get; private set; } = null!;

    public LinkState Link { get; private set; } = null!;

    /// <summary>The way that is left where MQTT is blocked; null: none.</summary>
    public HttpClient? Https { get; set; }

    /// <summary>The way of photos and sounds; null: none.</summary>
    public HttpClient? Bulk { get; set; }

    /// <summary>What the rules of the link give.</summary>
    public Func<int, LinkAnswer> Grant { get; set; } = wanted => new LinkAnswer(wanted, TimeSpan.Zero, LinkHold.None);

    public List<Nudge> Nudges { get; } = [];

    public static async Task<BoxEnd> StartAsync(RelayEnd relay, CancellationToken cancellationToken, int? port = null, Action<SyncOptions>? adjust = null)
    {
        var end = new BoxEnd(relay, relay.AddBox(), port ?? relay.Port, adjust);
        await end.RunAsync(cancellationToken);
        return end;
    }

    /// <param name="cancellationToken">Ends the start.</param>
    /// <param name="linked">False: the link stays down.</param>
    public async Task RunAsync(CancellationToken cancellationToken, bool linked = true)
    {
        var options = Options.Create(new FeedbackOptions { CommitWait = TimeSpan.FromMilliseconds(1) });
        _file = await FeedbackDatabase.OpenAsync(_folder["feedback.db"], cancellationToken);
        Outbox = new SqliteOutbox(_file, options, TimeProvider.System);
        Inbox = new DownInbox(_file, options, TimeProvider.System);
        var attachmentOptions = Options.Create(new AttachmentOptions { RelayPieceBytes = 16 << 10, Rest = TimeSpan.FromMilliseconds(100) });
        var attachmentPorts = new AttachmentPorts(_folder["attachments"], () => Bulk, (wanted, _) => Task.FromResult(Grant(wanted)));
        Attachments = new AttachmentStore(_file, attachmentPorts, attachmentOptions);
        _sending = new AttachmentSendLoop(Attachments, Outbox, attachmentPorts, attachmentOptions, TimeProvider.System, NullLogger<AttachmentSendLoop>.Instance);
        await _sending.StartAsync(cancellationToken);
        Link = new LinkState(TimeProvider.System);
        var certificate = _relay.Certificates.Client(Id.ToString());
        var ports = new LinkPorts(
            () => new LinkCredentials(Id, "localhost", certificate, (shown, _) => _relay.Certificates.IsOurs(shown)),
            () => new StatusFacts([], ["maths-3a"], 1L << 30, new ListVersions(1, 2, 3)),
            nudge =>
            {
                lock (Nudges)
                    Nudges.Add(nudge);
            },
            () => Https,
            "0.1.0");
        var sync = new SyncOptions
        {
            BrokerPort = _port,
            FirstAttemptSpread = TimeSpan.Zero,
            Patience = TimeSpan.FromSeconds(5),
            FirstRetry = TimeSpan.FromMilliseconds(100),
            MaxRetry = TimeSpan.FromMilliseconds(500),
            Linger = TimeSpan.FromMilliseconds(20),
            AckPatience = TimeSpan.FromSeconds(2),
        };
        _adjust?.Invoke(sync);
        var ear = new LinkEar(Outbox, Inbox, ports, Link, NullLogger<LinkEar>.Instance);
        var https = new HttpsLink(Outbox, ear, ports, Options.Create(sync), TimeProvider.System);
        _loop = new MqttLinkLoop(Outbox, ear, https, ports, Link, Options.Create(sync), TimeProvider.System, () => 0.5, NullLogger<MqttLinkLoop>.Instance);
        if (linked)
            await _loop.StartAsync(cancellationToken);
    }

    public async Task StopAsync()
    {
        if (_loop is null)
            return;
        await _sending!.StopAsync(CancellationToken.None);
        _sending.Dispose();
        Attachments.Dispose();
        await _loop.StopAsync(CancellationToken.None);
        _loop.Dispose();
        _loop = null;
        await Outbox.DisposeAsync();
        _file!.Dispose();
    }

    /// <summary>A second box with a copy of this one's card. Both must be stopped.</summary>
    public BoxEnd Clone()
    {
        var clone = new BoxEnd(_relay, Id, _port, _adjust);
        foreach (string file in Directory.GetFiles(_folder.Path))
            File.Copy(file, clone._folder[Path.GetFileName(file)]);
        return clone;
    }

    /// <summary>Throws the feedback file away, as a new card does.</summary>
    public void LoseStorage()
    {
        foreach (string file in Directory.GetFiles(_folder.Path))
            File.Delete(file);
    }

    public Task<KeptItem> AskAsync(string text, CancellationToken cancellationToken) => GiveAsync(FeedbackKind.Question, text, new ItemTime(1, (long)_number + 1, 0, TimeQuality.Unknown), cancellationToken);

    public Task<KeptItem> GiveAsync(FeedbackKind kind, string text, ItemTime time, CancellationToken cancellationToken) => Outbox.AddAsync(new FeedbackItem(
        new ItemId(_run, Interlocked.Increment(ref _number)), kind, kind == FeedbackKind.HelpRequest ? FeedbackPriority.Urgent : FeedbackPriority.Normal, "maths-3a", 12, new Seat("3A", 12, SeatRole.Pupil), null, text,
        time), nonce: null, cancellationToken);

    /// <summary>A question with a photo, as the form gives it.</summary>
    public Task<Given?> AskAsync(string text, Attachment attachment, byte[] bytes, CancellationToken cancellationToken) => Attachments.KeepAsync(attachment, bytes, async () =>
    {
        KeptItem kept = await Outbox.AddAsync(new FeedbackItem(new ItemId(_run, Interlocked.Increment(ref _number)), FeedbackKind.Question, FeedbackPriority.Normal, "maths-3a", 12, new Seat("3A", 12, SeatRole.Pupil),
            attachment.ToString(), text, new ItemTime(1, (long)_number, 0, TimeQuality.Unknown)), nonce: null, cancellationToken);
        return new Given(GiveOutcome.Saved, kept.Number, kept.Id);
    }, cancellationToken);

    public Task<KeptItem> VoteAsync(int seat, int option, CancellationToken cancellationToken) => Outbox.AddAsync(new FeedbackItem(
        new ItemId(_run, Interlocked.Increment(ref _number)), FeedbackKind.PollAnswer, FeedbackPriority.Normal, "maths-3a", 754, new Seat("3A", seat, SeatRole.Pupil), "poll-1", $"{option}",
        new ItemTime(1, 90_000 + 100 * (long)_number + (long)(_number * 2654435761 % 97), 0, TimeQuality.Unknown)), nonce: null, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Dispose();
    }
}
