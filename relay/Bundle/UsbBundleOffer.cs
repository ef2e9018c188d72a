using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Core.Identity;

namespace Relay.Bundle;

/// <summary>A signed list as it goes onto a stick.</summary>
public sealed record OfferedList(ListKind Kind, long Version, byte[] Bytes);

/// <summary>A planned pack version.</summary>
public sealed record OfferedPack(string Pack, long Version, ChunkId Manifest, int ManifestBytes);

/// <summary>What the relay says a stick for a school has to carry.</summary>
/// <param name="School">Its id.</param>
/// <param name="PlanVersion">Version of its plan: names this bundle for a later <c>--since</c>.</param>
/// <param name="Since">As it was asked for, in words.</param>
/// <param name="Lists">In the order to take them in.</param>
/// <param name="Packs">In the plan's order.</param>
/// <param name="Held">Manifests of versions that every box of the school holds.</param>
/// <param name="Errata">All corrections in words, signed one by one; empty when there are none.</param>
/// <param name="Acks">What the relay has of the boxes' feedback, signed; null when nothing can be said.</param>
public sealed record UsbBundleOffer(
    string School, long PlanVersion, string Since, ImmutableArray<OfferedList> Lists, ImmutableArray<OfferedPack> Packs, ImmutableArray<ChunkId> Held, byte[] Errata, byte[]? Acks);
