using Edge.Core.Sync;

namespace Edge.Core.Feedback;

/// <summary>Where a box's outbox stands. Items have the sequences 1, 2, 3 … without gaps; those up to <paramref name="Kept"/> have left the box,
/// those up to <paramref name="Acked"/> are on the relay's disk but still here, in case the relay is restored from an older backup.</summary>
/// <param name="Epoch">Issued by the relay; 0: none yet, the box has to ask.</param>
/// <param name="Last">Sequence of the newest item.</param>
/// <param name="Acked">All up to here is on the relay's disk.</param>
/// <param name="Kept">All up to here is gone from the box; at most <paramref name="Acked"/>.</param>
/// <param name="Generation">The relay's, as last heard (<see cref="Ack.Generation"/>).</param>
public readonly record struct Outbox(long Epoch, long Last, long Acked, long Kept = 0, long Generation = 0)
{
    public long Unsent => Last - Acked;

    /// <summary>Takes in an ack. One that is late, repeated or foreign changes nothing.
    /// One from a relay that was restored and knows less than before takes us back; when what it lacks is no longer here,
    /// the sequence cannot go on and the epoch ends.
    /// It ends too when the relay holds more than we ever gave, or another item: then this storage is an older copy of itself, and
    /// the numbers that it would give next are taken.</summary>
    /// <param name="ack">The ack.</param>
    /// <param name="held">Low half of the digest of our item at <see cref="Ack.Through"/>; null when it is no longer here.</param>
    public Outbox With(Ack ack, ulong? held = null)
    {
        if (ack.Epoch != Epoch || Epoch == 0 || ack.Generation < Generation || ack.Through < 0)
            return this;
        if (ack.Through > Last || (ack.Digest != 0 && held is { } digest && digest != ack.Digest))
            return this with { Epoch = 0 };
        if (ack.Through >= Acked)
            return this with { Acked = ack.Through, Generation = ack.Generation };
        if (ack.Generation == Generation)
            return this;
        return this with { Acked = Math.Max(ack.Through, Kept), Generation = ack.Generation, Epoch = ack.Through < Kept ? 0 : Epoch };
    }

    /// <summary>Starts a new epoch with everything that is still here, numbered from 1: the item at sequence n gets n - <see cref="Kept"/>.
    /// An epoch that is not newer changes nothing. What the relay has already it knows by its digest.</summary>
    public Outbox With(EpochGrant grant) =>
        grant.Epoch > Epoch ? new Outbox(grant.Epoch, Last - Kept, Acked: 0, Kept: 0, grant.Generation) : this;

    /// <summary>One more item at the end.</summary>
    public Outbox Append() => this with { Last = Last + 1 };

    /// <summary>Lets go of acked items until at most <paramref name="retained"/> of them are left.</summary>
    public Outbox Trim(long retained) => this with { Kept = Math.Max(Kept, Acked - retained) };
}
