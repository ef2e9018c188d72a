using System.Collections.Immutable;
using Dapper;
using Edge.Core.Content;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Edge.Durable;
using Relay.Content;

namespace Relay.Bundle;

/// <summary>What sticks need of the rest of the relay. Joined in RelayServer.</summary>
/// <param name="HeldBy">Per unrevoked box of a school: the pack versions that its newest report calls verified; null for one that never reported.</param>
/// <param name="Roots">Root lists in rising order, the one in force last.</param>
/// <param name="AcksOf">What the relay has of the feedback of a school's boxes, signed; null when nothing can be said.</param>
public sealed record UsbPorts(
    Func<string, ImmutableArray<ImmutableArray<PackReport>?>> HeldBy,
    Func<ImmutableArray<byte[]>> Roots,
    Func<string, byte[]?> AcksOf);

/// <summary>Why there is no offer.</summary>
public enum OfferRefusal
{
    None,
    /// <summary>No such school.</summary>
    NoSchool,
    /// <summary>"Since" is neither a word we know nor the version of a plan that a bundle was made of.</summary>
    NoSuchBundle,
}

/// <summary>Says what a stick has to carry, and remembers which were made.</summary>
public sealed class UsbBundleDesk(ListPublisher lists, ErrataDesk errata, PackRegistry packs, DurableDatabase database, UsbPorts ports, TimeProvider time)
{
    /// <summary>What the boxes of the school last reported.</summary>
    public const string Last = "last";

    /// <summary>The school is taken to hold nothing.</summary>
    public const string Nothing = "nothing";

    /// <param name="school">Id of the school.</param>
    /// <param name="since"><see cref="Last"/>, <see cref="Nothing"/>, or the plan version of a former bundle.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task<(OfferRefusal Refusal, UsbBundleOffer? Offer)> OfferAsync(string school, string since, CancellationToken cancellationToken)
    {
        // The plan first: a catalogue that is newer than it lacks nothing that it names.
        if (await lists.PlanAsync(school, cancellationToken) is not { } planBytes)
            return (OfferRefusal.NoSchool, null);
        byte[] catalogueBytes = await lists.CatalogueAsync(cancellationToken);
        SitePlan plan = SitePlan.Read(PayloadOf(planBytes))!;
        Catalogue catalogue = Catalogue.Read(PayloadOf(catalogueBytes))!;
        ImmutableArray<FetchGoal> goals = FetchPlan.Goals(plan, catalogue);
        if (HeldSince(school, since) is not { } held)
            return (OfferRefusal.NoSuchBundle, null);
        ImmutableArray<OfferedList> carried =
        [
            .. ports.Roots().Select(root => new OfferedList(ListKind.Root, TrustRoot.Read(PayloadOf(root))!.Version, root)),
            new OfferedList(ListKind.Catalogue, catalogue.Version, catalogueBytes),
            new OfferedList(ListKind.Plan, plan.Version, planBytes),
        ];
        return (OfferRefusal.None, new UsbBundleOffer(school, plan.Version, since, carried,
            [.. goals.Select(goal => new OfferedPack(goal.Pack, goal.Version, goal.Manifest, (int)goal.ManifestBytes))], held, errata.AllRecords(), ports.AcksOf(school)));
    }

    /// <summary>A stick was written whole.</summary>
    public Task MadeAsync(string school, long planVersion, ImmutableArray<ChunkId> manifests, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
        connection.Execute("INSERT OR REPLACE INTO usb_bundles (school, plan_version, made, manifests) VALUES (@school, @planVersion, @now, @manifests)",
            new { school, planVersion, now = time.GetUtcNow().ToUnixTimeMilliseconds(), manifests = manifests.SelectMany(id => id.ToArray()).ToArray() }, transaction), cancellationToken);

    private ImmutableArray<ChunkId>? HeldSince(string school, string since)
    {
        if (since == Nothing)
            return [];
        if (since == Last)
            return [.. HeldByAll(ports.HeldBy(school)).Select(held => packs.Find(held.Pack, held.Version)?.Manifest).OfType<ChunkId>()];
        if (!long.TryParse(since, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out long version))
            return null;
        byte[]? manifests = database.Read(connection => connection.QuerySingleOrDefault<byte[]>(
            "SELECT manifests FROM usb_bundles WHERE school = @school AND plan_version = @version", new { school, version }));
        return manifests is null ? null : [.. manifests.Chunk(ChunkId.LengthBytes).Select(id => new ChunkId(id))];
    }

    /// <summary>Versions that each box of the school has verified. One box that never reported, or no box at all: nothing is sure.</summary>
    private static IEnumerable<(string Pack, long Version)> HeldByAll(ImmutableArray<ImmutableArray<PackReport>?> boxes)
    {
        if (boxes.IsEmpty || boxes.Any(box => box is null))
            return [];
        return boxes.Select(box => box!.Value.Where(report => report.State == PackHolding.Verified).Select(report => (report.Pack, report.Version)))
            .Aggregate((all, box) => all.Intersect(box));
    }

    private static ReadOnlySpan<byte> PayloadOf(byte[] list) => SignedList.TryParse(list, out SignedList parsed) ? parsed.Payload.Span : default;
}
