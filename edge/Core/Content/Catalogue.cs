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
    /// <returns>Null when the payload is no sound catalogue.</returns>
    public static Catalogue? Read(ReadOnlySpan<byte> payload) =>
        ContentJson.Read(payload, ContentJson.Default.Catalogue) is { Packs.IsDefault: false } catalogue
            && catalogue.Packs.All(pack => Slug.IsValid(pack.Id) && !pack.Versions.IsDefaultOrEmpty) ? catalogue : null;

    public byte[] ToPayload() => JsonSerializer.SerializeToUtf8Bytes(this, ContentJson.Default.Catalogue);

    /// <summary>The version as listed, or null when it is unknown.</summary>
    public CatalogueVersion? Find(string pack, long version) =>
        Packs.FirstOrDefault(p => p.Id == pack)?.Versions.FirstOrDefault(v => v.Version == version);
}
