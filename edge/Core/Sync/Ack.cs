namespace Edge.Core.Sync;

/// <summary>All up to and including <paramref name="Through"/> is on the relay's disk.</summary>
/// <param name="Epoch">The epoch that the sequence belongs to.</param>
/// <param name="Through">The highest sequence of which it and all before are stored; 0: none.</param>
/// <param name="Generation">Grows whenever the relay may have been restored from an older backup. An ack of an older generation is a late one;
/// a lower <paramref name="Through"/> in a newer generation means that the relay has lost what lies between.</param>
/// <param name="Digest">Low half of the digest of the item at <paramref name="Through"/>, 0 when there is none or it is not known any more.
/// A box that holds another item there has an older copy of its storage in hand.</param>
/// <param name="Resend">The relay refused a batch because something before it is missing: go on from <paramref name="Through"/> + 1.</param>
public readonly record struct Ack(long Epoch, long Through, long Generation = 0, ulong Digest = 0, bool Resend = false);

/// <summary>The relay's answer to a box whose epoch is missing, over or in doubt: number anew from 1 under this one.</summary>
/// <param name="Epoch">Higher than any before of this box.</param>
/// <param name="Storage">Whose: the token that the asking storage showed (<see cref="EnvelopeHeader.Storage"/>). Others ignore it.</param>
/// <param name="Generation">As in <see cref="Ack"/>.</param>
public readonly record struct EpochGrant(long Epoch, ulong Storage, long Generation);
