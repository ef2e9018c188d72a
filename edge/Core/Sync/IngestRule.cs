namespace Edge.Core.Sync;

/// <summary>How far the relay has stored one box's items.</summary>
/// <param name="Epoch">The epoch in force; 0: none was issued.</param>
/// <param name="Storage">The storage it was issued to.</param>
/// <param name="Through">All up to here is stored.</param>
public readonly record struct IngestCursor(long Epoch, ulong Storage, long Through);

/// <summary>What to do with a batch.</summary>
public enum IngestVerdict
{
    /// <summary>Store the items after the first <see cref="IngestDecision.Skip"/>, move the cursor, ack.</summary>
    Accept,
    /// <summary>Held already, or a greeting: ack.</summary>
    Duplicate,
    /// <summary>Something before it is missing: ack with <see cref="Ack.Resend"/>.</summary>
    Gap,
    /// <summary>Say the epoch in force once more.</summary>
    TellEpoch,
    /// <summary>Issue a new epoch: first contact, another storage, an epoch of the future.</summary>
    NewEpoch,
    /// <summary>Came by a route on which nobody listens for an answer, from a storage or an epoch that is not in force: keep what is new by its content; the cursor stays.</summary>
    Late,
    /// <summary>Came by such a route, and something before it is missing: keep what is new by its content. The cursor stays, so the next ack asks for all from the gap on.</summary>
    Ahead,
    /// <summary>A sequence that is held with other content: the storage was restored or cloned. Issue a new epoch and say so.</summary>
    Clash,
    /// <summary>A new epoch is due, but the box was given too many (<see cref="EpochRate"/>): nothing is stored and nothing answered until its turn. What it holds it keeps.</summary>
    Wait,
}

/// <param name="Verdict">What to do.</param>
/// <param name="Cursor">The cursor afterwards.</param>
/// <param name="Skip">How many items at the front are held already.</param>
public readonly record struct IngestDecision(IngestVerdict Verdict, IngestCursor Cursor, int Skip = 0);

/// <summary>The relay's side of exactly-once: decides over an arriving batch, stores nothing itself.</summary>
public static class IngestRule
{
    /// <param name="cursor">Where the box stands; default for one never heard of.</param>
    /// <param name="header">The batch.</param>
    /// <param name="digest">Digest of the batch's item at an index; null when it cannot be read.</param>
    /// <param name="held">Digest of what is stored at a sequence of the epoch in force; null when it is not known any more.</param>
    public static IngestDecision Decide(IngestCursor cursor, EnvelopeHeader header, Func<int, UInt128?> digest, Func<long, UInt128?> held)
    {
        if (header.Epoch != cursor.Epoch || header.Storage != cursor.Storage || cursor.Epoch == 0)
            return OtherEpoch(cursor, header);
        if (header.First > cursor.Through + 1)
            return new IngestDecision(IngestVerdict.Gap, cursor);
        if (header.Previous != 0 && header.First > 1 && held(header.First - 1) is { } before && (ulong)before != header.Previous)
            return Issue(cursor, header, IngestVerdict.Clash);
        int overlap = (int)Math.Min(header.Count, cursor.Through - header.First + 1);
        for (int i = 0; i < overlap; i++)
        {
            if (held(header.First + i) is { } stored && digest(i) is { } arrived && stored != arrived)
                return Issue(cursor, header, IngestVerdict.Clash);
        }
        return header.Last <= cursor.Through
            ? new IngestDecision(IngestVerdict.Duplicate, cursor)
            : new IngestDecision(IngestVerdict.Accept, cursor with { Through = header.Last }, overlap);
    }

    /// <summary>Holds back a new epoch that would be one too many.</summary>
    /// <param name="decision">Of <see cref="Decide"/>.</param>
    /// <param name="before">Where the box stood.</param>
    /// <param name="rate">What it was given lately.</param>
    public static IngestDecision Bounded(IngestDecision decision, IngestCursor before, EpochRate rate) =>
        decision.Verdict is IngestVerdict.NewEpoch or IngestVerdict.Clash && before.Epoch != 0 && !rate.MayIssue ? new IngestDecision(IngestVerdict.Wait, before) : decision;

    /// <summary>The same for a batch that came on a stick, where no answer can be given at once. No epoch is issued for it: the box would learn of that too late, and what
    /// it sends meanwhile over the link would be held up. Items of an epoch that is over, or behind a gap, are kept, for the storage that held them may be gone.</summary>
    /// <inheritdoc cref="Decide"/>
    public static IngestDecision DecideOneWay(IngestCursor cursor, EnvelopeHeader header, Func<int, UInt128?> digest, Func<long, UInt128?> held) =>
        header.Count == 0 ? new IngestDecision(IngestVerdict.Duplicate, cursor)
        : Decide(cursor, header, digest, held) switch
        {
            { Verdict: IngestVerdict.Accept or IngestVerdict.Duplicate } decision => decision,
            { Verdict: IngestVerdict.Gap } => new IngestDecision(IngestVerdict.Ahead, cursor),
            _ => new IngestDecision(IngestVerdict.Late, cursor),
        };

    private static IngestDecision OtherEpoch(IngestCursor cursor, EnvelopeHeader header)
    {
        // A late batch of the epoch before, or the grant was lost on the way. Once something is stored under it, who asks is an older copy
        // of the storage or has given the epoch up: either gets another.
        bool tell = cursor.Epoch != 0 && header.Storage == cursor.Storage && header.Epoch < cursor.Epoch && cursor.Through == 0;
        return tell ? new IngestDecision(IngestVerdict.TellEpoch, cursor) : Issue(cursor, header, IngestVerdict.NewEpoch);
    }

    private static IngestDecision Issue(IngestCursor cursor, EnvelopeHeader header, IngestVerdict verdict) =>
        new(verdict, new IngestCursor(Math.Max(cursor.Epoch, header.Epoch) + 1, header.Storage, Through: 0));
}
