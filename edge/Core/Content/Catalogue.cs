using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using Edge.Core.Identity;

namespace Edge.Core.Content;

/// <summary>A cheaper way to a version for who holds an older one whole.</summary>
/// <param name="From">The older version.</param>
/// <param name="Delta">A <see cref="ManifestDelta"/>.</param>
/// <param name="DeltaBytes">Its length.</param>
/// <param name="Bundle">A <see cref="BundleIndex"/>; null while there is no bundle, or none that would save anything.</param>
/// <param name="BundleBytes">Of the bundle with its index and all volumes.</param>
public sealed record CatalogueUpdate(long From, ChunkId Delta, int DeltaBytes, ChunkId? Bundle = null, long BundleBytes = 0);

/// <summary>One published version of a pack: where its manifest is, whether it was taken back, and how to come to it from the last few.</summary>
public sealed record CatalogueVersion(long Version, ChunkId Manifest, long ManifestBytes, bool Withdrawn, ImmutableArray<CatalogueUpdate> Updates = default)
{
    public ImmutableArray<CatalogueUpdate> Updates { get; init; } = Updates.IsDefault ? [] : Updates;

    /// <summary>The way from the version that is held; null when there is none.</summary>
    public CatalogueUpdate? UpdateFrom(long version) => Updates.FirstOrDefault(update => update.From == version);
}

/// <summary>A pack in the catalogue, versions in rising order.</summary>
public sealed record CataloguePack(string Id, ImmutableArray<CatalogueVersion> Versions);

/// <summary>Payload of the catalogue list: which pack versions exist. <see cref="Version"/> only grows.</summary>
public sealed record Catalogue(long Version, ImmutableArray<CataloguePack> Packs)
{
    /// <summary>Made at the first question, for these packs: a copy made with others makes its own.</summary>
    private (ImmutableArray<CataloguePack> Packs, FrozenDictionary<string, int> Of)? _places;

    /// <returns>Null when the payload is no sound catalogue.</returns>
    public static Catalogue? Read(ReadOnlySpan<byte> payload) =>
        ContentJson.Read(payload, ContentJson.Default.Catalogue) is { Packs.IsDefault: false } catalogue
            && catalogue.Packs.All(pack => Slug.IsValid(pack.Id) && !pack.Versions.IsDefaultOrEmpty && pack.Versions.All(IsSound)) ? catalogue : null;

    public byte[] ToPayload() => JsonSerializer.SerializeToUtf8Bytes(this, ContentJson.Default.Catalogue);

    /// <summary>The version as listed, or null when it is unknown.</summary>
    public CatalogueVersion? Find(string pack, long version) => Find(pack)?.Versions.FirstOrDefault(v => v.Version == version);

    /// <summary>The pack as listed, or null when it is unknown.</summary>
    public CataloguePack? Find(string pack)
    {
        // A list of 80 000 packs is asked about each of them.
        if (_places is not { } places || places.Packs != Packs)
        {
            places = (Packs, Packs.Select((listed, place) => (listed.Id, place)).DistinctBy(listed => listed.Id).ToFrozenDictionary(listed => listed.Id, listed => listed.place, StringComparer.Ordinal));
            _places = places;
        }
        return places.Of.TryGetValue(pack, out int at) ? Packs[at] : null;
    }

    private static bool IsSound(CatalogueVersion version) => version is not null
        && version.Updates.All(update => update is { DeltaBytes: > 0 and <= ManifestDelta.MaxBytes, BundleBytes: >= 0 });
}
