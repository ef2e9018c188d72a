using System.Collections.Immutable;

namespace Edge.Core.Content;

/// <summary>One pack version to bring in, with where its manifest is, and cheaper ways to it from older versions.
/// <paramref name="ManifestBytes"/> is 0 when no list tells it.</summary>
public sealed record FetchGoal(string Pack, long Version, ChunkId Manifest, long ManifestBytes, DateTimeOffset? Due, ImmutableArray<CatalogueUpdate> Updates = default)
{
    public ImmutableArray<CatalogueUpdate> Updates { get; init; } = Updates.IsDefault ? [] : Updates;
}

/// <summary>One request: a stretch of a volume and the wanted chunks in it, in rising order.</summary>
public sealed record RangeFetch(ChunkId Volume, int OffsetBytes, int LengthBytes, ImmutableArray<VolumeEntry> Chunks);

/// <summary>What to fetch, and in what order.</summary>
public static class FetchPlan
{
    /// <summary>Longest stretch asked for at once: long enough that a 600 ms round trip is small beside it, short enough to look at the plan again.</summary>
    public const int MaxRangeBytes = 4 << 20;

    /// <summary>Unwanted bytes between two wanted chunks that are cheaper to take than another request is.</summary>
    public const int MaxGapBytes = 400;

    /// <summary>The planned versions that exist and are not withdrawn: what is due first comes first, what has no due time last,
    /// equals by priority. No clock is asked: what is overdue is simply the first.</summary>
    public static ImmutableArray<FetchGoal> Goals(SitePlan plan, Catalogue catalogue) =>
    [
        .. from wanted in plan.Packs
           let listed = catalogue.Find(wanted.Pack, wanted.Version)
           where listed is { Withdrawn: false }
           orderby wanted.Due ?? DateTimeOffset.MaxValue, wanted.Priority, wanted.Pack
           select new FetchGoal(wanted.Pack, wanted.Version, listed.Manifest, listed.ManifestBytes, wanted.Due, listed.Updates),
    ];

    /// <summary>Turns chunks into few requests: volume by volume in the order they are first needed, neighbours in one stretch.</summary>
    /// <param name="wanted">Chunks that are not held, in the order they are needed.</param>
    /// <param name="where">The volumes whose index is known; the first that has a chunk gives it.</param>
    /// <param name="missing">Chunks that none of the volumes has.</param>
    public static ImmutableArray<RangeFetch> Ranges(IEnumerable<ChunkId> wanted, IReadOnlyList<KeyValuePair<ChunkId, VolumeIndex>> where, out ImmutableArray<ChunkId> missing)
    {
        var places = new Dictionary<ChunkId, (int Volume, VolumeEntry Entry)>();
        for (int volume = 0; volume < where.Count; volume++)
        {
            foreach (VolumeEntry entry in where[volume].Value.Entries)
                places.TryAdd(entry.Id, (volume, entry));
        }
        var inVolume = new List<(int Volume, List<VolumeEntry> Entries)>();
        var seen = new HashSet<ChunkId>();
        var nowhere = ImmutableArray.CreateBuilder<ChunkId>();
        var slots = new Dictionary<int, List<VolumeEntry>>();
        foreach (ChunkId id in wanted.Where(seen.Add))
        {
            if (!places.TryGetValue(id, out var place))
            {
                nowhere.Add(id);
                continue;
            }
            if (!slots.TryGetValue(place.Volume, out List<VolumeEntry>? entries))
            {
                slots[place.Volume] = entries = [];
                inVolume.Add((place.Volume, entries));
            }
            entries.Add(place.Entry);
        }
        missing = nowhere.ToImmutable();
        return [.. inVolume.SelectMany(slot => Stretches(where[slot.Volume].Key, slot.Entries))];
    }

    private static IEnumerable<RangeFetch> Stretches(ChunkId volume, List<VolumeEntry> entries)
    {
        entries.Sort((a, b) => a.OffsetBytes.CompareTo(b.OffsetBytes));
        for (int first = 0; first < entries.Count;)
        {
            int begin = entries[first].OffsetBytes;
            int end = begin + entries[first].StoredBytes;
            int next = first + 1;
            while (next < entries.Count && entries[next].OffsetBytes - end <= MaxGapBytes && entries[next].OffsetBytes + entries[next].StoredBytes - begin <= MaxRangeBytes)
            {
                end = entries[next].OffsetBytes + entries[next].StoredBytes;
                next++;
            }
            yield return new RangeFetch(volume, begin, end - begin, [.. entries[first..next]]);
            first = next;
        }
    }
}
