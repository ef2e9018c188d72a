using System.Collections.Immutable;
using System.Text;
using Edge.Core.Identity;

namespace Edge.Core.Content;

/// <summary>The packs of a catalogue as bytes, read where they are asked about: 80 000 packs take 5 MB, as objects they would take 40.
/// Wire form: number of packs, by id; per pack length of the id, the id, number of versions; per version its number less that of the one before, flags (1 withdrawn, 2 updates, 4 signatures, 8 length),
/// manifest and its length, then as flagged: number of updates and per update how many versions back it begins, delta and its length, 0 or 1 and the bundle and its length;
/// number of signatures and per signature key (8 bytes), length of the value and the value; length of the files.</summary>
internal sealed class CatalogueTable
{
    private const int KeyBytes = 8;
    private const int MaxValueBytes = 128;
    private const int MinVersionBytes = 3 + ChunkId.LengthBytes;
    private const int MinPackBytes = 3 + MinVersionBytes;
    private const int MinUpdateBytes = 3 + ChunkId.LengthBytes;
    private const byte Withdrawn = 1, HasUpdates = 2, HasSignatures = 4, HasLength = 8;

    private readonly byte[] _bytes;
    private readonly int[] _starts;

    private CatalogueTable(byte[] bytes, int[] starts) => (_bytes, _starts) = (bytes, starts);

    public static void Write(FieldWriter writer, IEnumerable<CataloguePack> packs)
    {
        CataloguePack[] sorted = [.. packs.OrderBy(pack => pack.Id, StringComparer.Ordinal)];
        writer.Number(sorted.Length);
        foreach (CataloguePack pack in sorted)
        {
            writer.Number(pack.Id.Length).Bytes(Encoding.ASCII.GetBytes(pack.Id)).Number(pack.Versions.Length);
            long last = 0;
            foreach (CatalogueVersion version in pack.Versions.OrderBy(version => version.Version))
            {
                Write(writer, version, last);
                last = version.Version;
            }
        }
    }

    /// <returns>Null when the bytes are no whole table of sound packs, each once and by id.</returns>
    public static CatalogueTable? Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new FieldReader(bytes);
        int[] starts = new int[reader.Number(bytes.Length / MinPackBytes)];
        string former = "";
        for (int i = 0; i < starts.Length; i++)
        {
            starts[i] = bytes.Length - reader.RemainingBytes;
            if (ReadPack(ref reader) is not { } pack || string.CompareOrdinal(former, pack.Id) >= 0)
                return null;
            former = pack.Id;
        }
        return reader.AtEnd ? new CatalogueTable(bytes.ToArray(), starts) : null;
    }

    public CataloguePack? Find(string id)
    {
        Span<byte> wanted = stackalloc byte[Slug.MaxLength];
        if (!Encoding.ASCII.TryGetBytes(id, wanted, out int length))
            return null;
        for (int low = 0, high = _starts.Length - 1; low <= high;)
        {
            int middle = (low + high) / 2;
            int order = IdAt(middle).SequenceCompareTo(wanted[..length]);
            if (order == 0)
                return At(middle);
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return null;
    }

    /// <summary>One after the other.</summary>
    public IEnumerable<CataloguePack> All() => Enumerable.Range(0, _starts.Length).Select(At);

    private ReadOnlySpan<byte> IdAt(int pack)
    {
        var reader = new FieldReader(_bytes.AsSpan(_starts[pack]));
        return reader.Take(reader.Number(Slug.MaxLength));
    }

    private CataloguePack At(int pack)
    {
        var reader = new FieldReader(_bytes.AsSpan(_starts[pack]));
        return ReadPack(ref reader)!;
    }

    private static void Write(FieldWriter writer, CatalogueVersion version, long last)
    {
        ImmutableArray<StatementSignature> signatures = version.Signatures ?? [];
        writer.Number(version.Version - last)
            .Byte((byte)((version.Withdrawn ? Withdrawn : 0) | (version.Updates.IsEmpty ? 0 : HasUpdates) | (signatures.IsEmpty ? 0 : HasSignatures) | (version.LengthBytes is null ? 0 : HasLength)))
            .Id(version.Manifest).Number(version.ManifestBytes);
        if (!version.Updates.IsEmpty)
            writer.Number(version.Updates.Length);
        foreach (CatalogueUpdate update in version.Updates)
        {
            writer.Number(version.Version - update.From).Id(update.Delta).Number(update.DeltaBytes).Byte((byte)(update.Bundle is null ? 0 : 1));
            if (update.Bundle is { } bundle)
                writer.Id(bundle).Number(update.BundleBytes);
        }
        if (!signatures.IsEmpty)
            writer.Number(signatures.Length);
        foreach (StatementSignature signature in signatures)
        {
            byte[] value = Convert.FromBase64String(signature.Value);
            writer.Bytes(Convert.FromHexString(signature.Key)).Number(value.Length).Bytes(value);
        }
        if (version.LengthBytes is { } length)
            writer.Number(length);
    }

    private static CataloguePack? ReadPack(ref FieldReader reader)
    {
        string id = Encoding.Latin1.GetString(reader.Take(reader.Number(Slug.MaxLength)));
        int count = reader.Number(reader.RemainingBytes / MinVersionBytes);
        if (reader.Failed || count == 0 || !Slug.IsValid(id))
            return null;
        var versions = ImmutableArray.CreateBuilder<CatalogueVersion>(count);
        long last = 0;
        for (int i = 0; i < count; i++)
        {
            if (ReadVersion(ref reader, last) is not { } version)
                return null;
            versions.Add(version);
            last = version.Version;
        }
        return new CataloguePack(id, versions.MoveToImmutable());
    }

    private static CatalogueVersion? ReadVersion(ref FieldReader reader, long last)
    {
        long step = reader.LongNumber(long.MaxValue - last);
        byte flags = reader.Byte();
        ChunkId manifest = reader.Id();
        long manifestBytes = reader.LongNumber(ContentLimits.MaxManifestBytes);
        if (reader.Failed || step == 0 || flags > (Withdrawn | HasUpdates | HasSignatures | HasLength))
            return null;
        long version = last + step;
        var updates = ImmutableArray.CreateBuilder<CatalogueUpdate>((flags & HasUpdates) == 0 ? 0 : reader.Number(reader.RemainingBytes / MinUpdateBytes));
        for (int i = 0; i < updates.Capacity && !reader.Failed; i++)
        {
            var update = new CatalogueUpdate(version - reader.LongNumber(version), reader.Id(), reader.Number(ManifestDelta.MaxBytes));
            updates.Add(reader.Byte() switch
            {
                0 => update,
                1 => update with { Bundle = reader.Id(), BundleBytes = reader.LongNumber(long.MaxValue) },
                _ => update with { DeltaBytes = 0 },
            });
            if (updates[i].DeltaBytes == 0)
                return null;
        }
        int signed = (flags & HasSignatures) == 0 ? 0 : reader.Number(StatementSignature.MaxSignatures);
        ImmutableArray<StatementSignature>.Builder signatures = ImmutableArray.CreateBuilder<StatementSignature>();
        for (int i = 0; i < signed && !reader.Failed; i++)
            signatures.Add(new StatementSignature(Convert.ToHexStringLower(reader.Take(KeyBytes)), Convert.ToBase64String(reader.Take(reader.Number(MaxValueBytes)))));
        long? length = (flags & HasLength) == 0 ? null : reader.LongNumber(long.MaxValue);
        return reader.Failed ? null
            : new CatalogueVersion(version, manifest, manifestBytes, (flags & Withdrawn) != 0, updates.ToImmutable(), signatures.Count == 0 ? null : signatures.ToImmutable(), length);
    }
}
