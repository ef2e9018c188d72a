namespace Edge.Core.Sync;

/// <summary>What holds at the moment when bytes are asked for.</summary>
/// <param name="Monotonic">The clock that rates are counted by.</param>
/// <param name="Local">The school's local time; null: no clock to be trusted.</param>
/// <param name="Live">A live lesson needs the link.</param>
/// <param name="Due">The pack is due at some time.</param>
public readonly record struct LinkMoment(TimeSpan Monotonic, DateTime? Local, bool Live, bool Due);

/// <summary>What may be asked for.</summary>
/// <param name="BodyBytes">Longest body; 0: nothing now.</param>
/// <param name="Wait">When nothing: how long until it is worth asking again.</param>
/// <param name="Hold">When nothing: why; <see cref="LinkHold.None"/> when only the rate makes it wait.</param>
public readonly record struct LinkAnswer(int BodyBytes, TimeSpan Wait, LinkHold Hold);

/// <summary>What was taken of the link, so that no rate, window or cap is exceeded. Bytes are taken before they are asked for.</summary>
public readonly record struct LinkBudget(LinkUse Use, TokenBucket Bucket)
{
    /// <summary>A hold ends by the clock, by a lesson's end or by new rules: worth a look now and then.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);

    /// <summary>Smallest body worth a request while more is wanted.</summary>
    private const int LeastBodyBytes = 16 << 10;

    /// <param name="rules">In force.</param>
    /// <param name="moment">Now.</param>
    /// <param name="wantedBytes">Longest body wanted.</param>
    public (LinkBudget Next, LinkAnswer Answer) Ask(LinkRules rules, LinkMoment moment, int wantedBytes)
    {
        LinkUse use = Use.At(moment.Local is { } local ? DateOnly.FromDateTime(local) : null);
        LinkGrant grant = LinkShare.For(rules, moment.Local, use, moment.Live, moment.Due);
        if (grant.Hold != LinkHold.None)
            return (this with { Use = use }, new LinkAnswer(0, LookAgain, grant.Hold));
        long wire = Math.Min(LinkShare.WireBytes(wantedBytes), grant.LeftBytes ?? long.MaxValue);
        TokenBucket bucket = Bucket;
        if (grant.RateBitsPerSecond is { } rate)
        {
            bucket = bucket.Filled(moment.Monotonic, rate);
            long least = Math.Min(wire, LinkShare.WireBytes(LeastBodyBytes));
            if (bucket.Bytes < least)
                return (new LinkBudget(use, bucket), new LinkAnswer(0, bucket.WaitFor(least, rate) is var wait && wait < LookAgain ? wait : LookAgain, LinkHold.None));
            wire = Math.Min(wire, (long)bucket.Bytes);
        }
        int body = (int)LinkShare.BodyBytes(wire);
        // What is left of a cap does not pay for a request: it is used up.
        if (body == 0)
            return (new LinkBudget(use, bucket), new LinkAnswer(0, LookAgain, rules.Cap(rules.MonthBytes) - use.MonthBytes == grant.LeftBytes ? LinkHold.MonthCap : LinkHold.DayCap));
        long taken = LinkShare.WireBytes(body);
        return (new LinkBudget(use.Plus(taken), grant.RateBitsPerSecond is null ? bucket : bucket.Take(taken)), new LinkAnswer(body, TimeSpan.Zero, LinkHold.None));
    }

    /// <summary>So many bytes that were asked for did not cross the link.</summary>
    public LinkBudget GiveBack(long bodyBytes) => this with { Use = Use.Plus(-(bodyBytes + bodyBytes / 20)) };
}
