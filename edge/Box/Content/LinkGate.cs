using Edge.Core.Content;
using Edge.Core.Sync;
using Microsoft.Extensions.Options;

namespace Edge.Box.Content;

/// <summary>Lets packs have of the link what the rules give: each request is granted before it goes out. Rules come from the plan, else from the settings.
/// The time is the relay's, as it came with its authenticated answers, carried on by the monotonic clock: the box's own clock may lie.</summary>
public sealed class LinkGate : IDisposable
{
    /// <summary>Of a request that was broken off, so much may have crossed the link unseen.</summary>
    private const int UnseenBytes = 64 << 10;

    /// <summary>How far the ledger's file runs ahead of what was used, as a share of the smallest cap, and its bounds.</summary>
    private const int AheadShare = 100;
    private const long LeastAheadBytes = 64 << 10;
    private const long MostAheadBytes = 16 << 20;

    private static readonly TimeSpan LiveLook = TimeSpan.FromMilliseconds(500);

    private readonly Func<SitePlan?> _plan;
    private readonly Func<bool> _live;
    private readonly LinkOptions _options;
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly LinkLedger _ledger;
    private readonly SemaphoreSlim _gate = new(1);
    private LinkBudget _budget;
    private Clock? _clock;
    private Seen? _liveSeen;

    /// <param name="path">File of what was used.</param>
    /// <param name="plan">The plan in force.</param>
    /// <param name="live">Whether a live lesson needs the link.</param>
    /// <param name="options">Rules when the plan has none.</param>
    /// <param name="time">Monotonic clock and time zone.</param>
    public LinkGate(string path, Func<SitePlan?> plan, Func<bool> live, IOptions<LinkOptions> options, TimeProvider time)
    {
        (_plan, _live, _options, _time, _started) = (plan, live, options.Value, time, time.GetTimestamp());
        _ledger = LinkLedger.Open(path);
        _budget = new LinkBudget(_ledger.Read, default);
    }

    /// <summary>In force now. Rules of a plan that are not understood (it is newer than this box) give way to the settings.</summary>
    public LinkRules Rules => (_plan()?.Link is { } terms ? LinkRules.Of(terms) : null) ?? LinkRules.Of(_options.Terms) ?? LinkRules.Free;

    /// <summary>What was used of the link, up to now.</summary>
    public LinkUse Use => _budget.Use.At(LocalNow is { } local ? DateOnly.FromDateTime(local.DateTime) : null);

    /// <summary>Why packs got nothing when they last asked.</summary>
    public LinkHold Hold { get; private set; }

    /// <summary>A live lesson needs the link now: what is under way waits too. Asked at each read, and looked up a few times a second.</summary>
    public bool LiveNeedsLink
    {
        get
        {
            if (_liveSeen is not { } seen || _time.GetElapsedTime(seen.At) >= LiveLook)
                _liveSeen = seen = new Seen(_live(), _time.GetTimestamp());
            return seen.Live;
        }
    }

    /// <summary>Packs have less than the full rate now.</summary>
    public bool IsLimited => Rules.RateAt(LocalNow is { } local ? TimeOnly.FromDateTime(local.DateTime) : null) is not null;

    /// <summary>The relay's time in the school's time zone; null when it has not told since the program started.</summary>
    public DateTimeOffset? LocalNow => _clock is { } clock ? TimeZoneInfo.ConvertTime(clock.Relay + _time.GetElapsedTime(clock.At), _time.LocalTimeZone) : null;

    /// <summary>The relay told its time.</summary>
    public void Heard(DateTimeOffset relay) => _clock = new Clock(relay, _time.GetTimestamp());

    /// <summary>May something be asked for? What is granted counts as used.</summary>
    /// <param name="wantedBytes">Longest body wanted.</param>
    /// <param name="due">The pack is due at some time.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    public async Task<LinkAnswer> AskAsync(int wantedBytes, bool due, CancellationToken cancellationToken)
    {
        LinkRules rules = Rules;
        await _gate.WaitAsync(cancellationToken);
        try
        {
            (LinkBudget next, LinkAnswer answer) = _budget.Ask(rules, new LinkMoment(_time.GetElapsedTime(_started), LocalNow?.DateTime, LiveNeedsLink, due), wantedBytes);
            Hold = answer.Hold;
            if (answer.BodyBytes > 0)
                await _ledger.CoverAsync(next.Use, Ahead(rules), cancellationToken);
            _budget = next;
            return answer;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Of what was taken, so much was not asked for or did not come.</summary>
    /// <param name="bodyBytes">How much.</param>
    /// <param name="asked">It was asked for and then broken off: some of it may be on its way all the same.</param>
    public async Task GiveBackAsync(int bodyBytes, bool asked)
    {
        int surely = asked ? bodyBytes - UnseenBytes : bodyBytes;
        if (surely <= 0)
            return;
        await _gate.WaitAsync(CancellationToken.None);
        _budget = _budget.GiveBack(surely);
        _gate.Release();
    }

    /// <summary>The file says what was really used: when the program stops in good order.</summary>
    public Task SettleAsync() => _ledger.CoverAsync(_budget.Use, 0, CancellationToken.None);

    public void Dispose() => _gate.Dispose();

    private static long Ahead(LinkRules rules) => (rules.Cap(rules.DayBytes), rules.Cap(rules.MonthBytes)) switch
    {
        (null, null) => MostAheadBytes,
        var (day, month) => Math.Clamp(Math.Min(day ?? long.MaxValue, month ?? long.MaxValue) / AheadShare, LeastAheadBytes, MostAheadBytes),
    };

    private sealed record Clock(DateTimeOffset Relay, long At);

    private sealed record Seen(bool Live, long At);
}

/// <summary>Packs may not use the link now, and for some time.</summary>
public sealed class LinkHeldException(LinkHold hold) : IOException($"packs wait for the link: {hold}")
{
    public LinkHold Hold => hold;
}
