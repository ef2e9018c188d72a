using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using Edge.Core.Identity;

namespace Edge.Core.Content;

/// <summary>One published version of a pack: where its manifest is, and whether it was taken back.</summary>
public sealed record CatalogueVersion(long Version, ChunkId Manifest, long ManifestBytes, bool Withdrawn);

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
            && catalogue.Packs.All(pack => Slug.IsValid(pack.Id) && !pack.Versions.IsDefaultOrEmpty) ? catalogue : null;

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
}
