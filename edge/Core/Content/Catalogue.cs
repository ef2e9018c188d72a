using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Edge.Core.Identity;

namespace Edge.Core.Content;

/// <summary>A cheaper way to a version for who holds an older one whole.</summary>
/// <param name="From">The older version.</param>
/// <param name="Delta">A <see cref="ManifestDelta"/>.</param>
/// <param name="DeltaBytes">Its length.</param>
/// <param name="Bundle">A <see cref="BundleIndex"/>; null while there is no bundle, or none that would save anything.</param>
/// <param name="BundleBytes">Of the bundle with its index and all volumes.</param>
public sealed record CatalogueUpdate(long From, ChunkId Delta, int DeltaBytes, ChunkId? Bundle = null, long BundleBytes = 0);

/// <summary>One published version of a pack: where its manifest is, and whether it was taken back.</summary>
/// <param name="Version">From 1.</param>
/// <param name="Manifest">Hash of its manifest.</param>
/// <param name="ManifestBytes">Its length.</param>
/// <param name="Withdrawn">Taken back for good.</param>
/// <param name="Updates">How to come to it from the last few.</param>
/// <param name="Signatures">Over <see cref="PublishStatement"/>, by those who answer for the version (<see cref="PublishRule"/>). Only given for versions that some plan names.</param>
public sealed record CatalogueVersion(
    long Version,
    ChunkId Manifest,
    long ManifestBytes,
    bool Withdrawn,
    ImmutableArray<CatalogueUpdate> Updates = default,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<StatementSignature>? Signatures = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? LengthBytes = null)
{
    public ImmutableArray<CatalogueUpdate> Updates { get; init; } = Updates.IsDefault ? [] : Updates;

    /// <summary>The way from the version that is held; null when there is none.</summary>
    public CatalogueUpdate? UpdateFrom(long version) => Updates.FirstOrDefault(update => update.From == version);
}

/// <summary>A pack in the catalogue, versions in rising order.</summary>
public sealed record CataloguePack(string Id, ImmutableArray<CatalogueVersion> Versions);

/// <summary>Payload of the catalogue list: which pack versions exist. <see cref="Version"/> only grows. As it travels: JSON; where that would be longer than <see cref="MaxJsonBytes"/>, which no program
/// that knows only JSON would take, byte 2, length of the JSON without packs, that JSON, and the packs as a table (<see cref="CatalogueTable"/>). 80 000 packs of one version are 5 MB so.</summary>
/// <param name="Version">Of the list.</param>
/// <param name="Packs">By id.</param>
/// <param name="Issued">When it was signed, by the relay's clock.</param>
/// <param name="Expires">When a newer one should have come.</param>
/// <param name="Publishers">Who may publish packs of certain names in the place of staff.</param>
public sealed record Catalogue(
    [property: JsonPropertyOrder(-2)] long Version,
    ImmutableArray<CataloguePack> Packs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? Issued = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? Expires = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<PackPublisher>? Publishers = null)
{
    public const int MaxPublishers = 256;

    /// <summary>Longest payload in JSON: with its signatures it is a list as every program takes it.</summary>
    public const int MaxJsonBytes = (8 << 20) - (4 << 10);

    private const byte TableForm = 2;

    private CatalogueTable? _table;

    /// <summary>By id. Of a catalogue that came as a table they are made anew at each question; <see cref="All"/> makes one at a time.</summary>
    [JsonPropertyOrder(-1)]
    public ImmutableArray<CataloguePack> Packs
    {
        get => _table is { } table ? [.. table.All()] : field;
        init
        {
            field = value;
            _table = null;
        }
    } = Packs;

    /// <summary>Made at the first question, for these packs: a copy made with others makes its own.</summary>
    private (ImmutableArray<CataloguePack> Packs, FrozenDictionary<string, int> Of)? _places;

    /// <returns>Null when the payload is no sound catalogue.</returns>
    public static Catalogue? Read(ReadOnlySpan<byte> payload)
    {
        if (payload is not [TableForm, ..])
            return ReadJson(payload);
        var reader = new FieldReader(payload[1..]);
        ReadOnlySpan<byte> head = reader.Take(reader.Number(reader.RemainingBytes));
        return !reader.Failed && ReadJson(head) is { Packs.IsEmpty: true } catalogue && CatalogueTable.Read(payload[^reader.RemainingBytes..]) is { } table ? catalogue with { _table = table } : null;
    }

    private static Catalogue? ReadJson(ReadOnlySpan<byte> payload) =>
        ContentJson.Read(payload, ContentJson.Default.Catalogue) is { Packs.IsDefault: false } catalogue
            && catalogue.Packs.All(pack => pack is { Versions.IsDefaultOrEmpty: false } && Slug.IsValid(pack.Id) && pack.Versions.All(IsSound))
            && catalogue.Publishers is null or { IsDefault: false, Length: <= MaxPublishers }
            && (catalogue.Publishers ?? []).All(publisher => publisher is not null && publisher.IsSound()) ? catalogue : null;

    public byte[] ToPayload()
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(this, ContentJson.Default.Catalogue);
        return json.Length <= MaxJsonBytes ? json : ToTable();
    }

    /// <summary>The dense form, whatever the length.</summary>
    public byte[] ToTable()
    {
        byte[] head = JsonSerializer.SerializeToUtf8Bytes(this with { Packs = [] }, ContentJson.Default.Catalogue);
        FieldWriter writer = new FieldWriter(1 << 20).Byte(TableForm).Number(head.Length).Bytes(head);
        CatalogueTable.Write(writer, All);
        return writer.ToArray();
    }

    /// <summary>All packs, by id, one after the other.</summary>
    [JsonIgnore]
    public IEnumerable<CataloguePack> All => _table?.All() ?? Packs;

    /// <summary>The version as listed, or null when it is unknown.</summary>
    public CatalogueVersion? Find(string pack, long version) => Find(pack)?.Versions.FirstOrDefault(v => v.Version == version);

    /// <summary>The pack as listed, or null when it is unknown.</summary>
    public CataloguePack? Find(string pack)
    {
        if (_table is { } table)
            return table.Find(pack);
        // A list of 50 000 packs is asked about each of them.
        if (_places is not { } places || places.Packs != Packs)
        {
            places = (Packs, Packs.Select((listed, place) => (listed.Id, place)).DistinctBy(listed => listed.Id).ToFrozenDictionary(listed => listed.Id, listed => listed.place, StringComparer.Ordinal));
            _places = places;
        }
        return places.Of.TryGetValue(pack, out int at) ? Packs[at] : null;
    }

    private static bool IsSound(CatalogueVersion? version) =>
        version is { Signatures: null or { IsDefault: false, Length: <= StatementSignature.MaxSignatures } } && (version.Signatures ?? []).All(signature => signature is { Key: not null, Value: not null })
        && version.Updates.All(update => update is { DeltaBytes: > 0 and <= ManifestDelta.MaxBytes, BundleBytes: >= 0 });
}
