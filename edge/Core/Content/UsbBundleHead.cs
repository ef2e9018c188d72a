using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Edge.Core.Identity;

namespace Edge.Core.Content;

/// <summary>A signed list on a stick: an object like any other, named by the hash of its bytes.</summary>
public readonly record struct UsbBundleList(ListKind Kind, long Version, ChunkId Id, int LengthBytes);

/// <summary>A pack version on a stick. <paramref name="Volumes"/> are places in <see cref="UsbBundleHead.Volumes"/> that its chunks may lie in.</summary>
public sealed record UsbBundlePack(ChunkId Manifest, int ManifestBytes, ImmutableArray<int> Volumes);

/// <summary>What a stick holds for one school. It is written last, so a stick that was pulled while it was made has none.
/// Nothing in it is believed: lists are judged by their signatures, manifests by the catalogue, chunks by their names. It only says where to look.
/// <code>
/// "EDGEUSB1", flags (1), school (length and ASCII),
/// lists: count, then kind (1), version (8, big-endian), hash, length
/// acks: 0 or 1, then hash, length
/// packs: count, then hash and length of the manifest, count of volumes, their places
/// volumes: count, then hash, length, hash of the index, its length
/// SHA-256 of all before
/// </code></summary>
/// <param name="School">Whose it is.</param>
/// <param name="AsksForReturn">The box may write what it owes onto the stick.</param>
/// <param name="Lists">In the order to take them in: root lists first, rising.</param>
/// <param name="Acks">What the relay has of the boxes' feedback ; null without.</param>
/// <param name="Packs">In the plan's order.</param>
/// <param name="Volumes">Volumes as at the relay, or packed for this stick.</param>
public sealed record UsbBundleHead(
    string School,
    bool AsksForReturn,
    ImmutableArray<UsbBundleList> Lists,
    UsbBundleObject? Acks,
    ImmutableArray<UsbBundlePack> Packs,
    ImmutableArray<VolumeRef> Volumes)
{
    /// <summary>Longest head: 100 000 packs and volumes take about 15 MB.</summary>
    public const int MaxBytes = 32 << 20;

    /// <summary>Most lists: a root chain of some years, a catalogue, a plan.</summary>
    public const int MaxLists = 1_000;

    public const int MaxPacks = 200_000;

    public const int MaxAcksBytes = 1 << 20;

    public const int MaxVolumes = 200_000;

    private const byte AsksFlag = 1;

    // The least that one takes, so that a count is judged before room is made for it.
    private const int LeastListBytes = 42;
    private const int LeastPackBytes = 34;
    private const int LeastVolumeBytes = 66;

    private static ReadOnlySpan<byte> Mark => "EDGEUSB1"u8;

    /// <summary>Bytes of all volumes.</summary>
    public long VolumeBytes => Volumes.Sum(volume => (long)volume.LengthBytes);

    /// <summary>Every object that this head names, with its length.</summary>
    public IEnumerable<UsbBundleObject> Objects =>
    [
        .. Lists.Select(list => new UsbBundleObject(list.Id, list.LengthBytes)),
        .. Acks is { } acks ? [acks] : Array.Empty<UsbBundleObject>(),
        .. Packs.Select(pack => new UsbBundleObject(pack.Manifest, pack.ManifestBytes)),
        .. Volumes.Select(volume => new UsbBundleObject(volume.Index, volume.IndexBytes)),
        .. Volumes.Select(volume => new UsbBundleObject(volume.Id, volume.LengthBytes)),
    ];

    public byte[] ToBytes()
    {
        var writer = new FieldWriter(256 + Packs.Length * 48 + Volumes.Length * 72);
        foreach (byte value in Mark)
            writer.Byte(value);
        writer.Byte(AsksForReturn ? AsksFlag : (byte)0).Number(School.Length);
        foreach (byte letter in Encoding.ASCII.GetBytes(School))
            writer.Byte(letter);
        writer.Number(Lists.Length);
        Span<byte> version = stackalloc byte[sizeof(long)];
        foreach (UsbBundleList list in Lists)
        {
            writer.Byte((byte)list.Kind);
            BinaryPrimitives.WriteInt64BigEndian(version, list.Version);
            foreach (byte value in version)
                writer.Byte(value);
            writer.Id(list.Id).Number(list.LengthBytes);
        }
        writer.Byte(Acks is null ? (byte)0 : (byte)1);
        if (Acks is { } acks)
            writer.Id(acks.Id).Number(acks.LengthBytes);
        writer.Number(Packs.Length);
        foreach (UsbBundlePack pack in Packs)
        {
            writer.Id(pack.Manifest).Number(pack.ManifestBytes).Number(pack.Volumes.Length);
            foreach (int place in pack.Volumes)
                writer.Number(place);
        }
        writer.Number(Volumes.Length);
        foreach (VolumeRef volume in Volumes)
            writer.Id(volume.Id).Number(volume.LengthBytes).Id(volume.Index).Number(volume.IndexBytes);
        byte[] body = writer.ToArray();
        return [.. body, .. SHA256.HashData(body)];
    }

    /// <returns>Null when the bytes are no whole head: cut short, changed, or over a limit.</returns>
    public static UsbBundleHead? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is < 48 or > MaxBytes || !bytes.StartsWith(Mark) || !SHA256.HashData(bytes[..^SHA256.HashSizeInBytes]).AsSpan().SequenceEqual(bytes[^SHA256.HashSizeInBytes..]))
            return null;
        var reader = new FieldReader(bytes[Mark.Length..^SHA256.HashSizeInBytes]);
        byte flags = reader.Byte();
        string school = Encoding.ASCII.GetString(reader.Take(reader.Number(Slug.MaxLength)));
        if (reader.Failed || flags > AsksFlag || !Slug.IsValid(school))
            return null;
        ImmutableArray<UsbBundleList>.Builder lists = Room<UsbBundleList>(ref reader, MaxLists, LeastListBytes);
        for (int left = lists.Capacity; left > 0 && !reader.Failed; left--)
        {
            var kind = (ListKind)reader.Byte();
            ReadOnlySpan<byte> version = reader.Take(sizeof(long));
            var list = new UsbBundleList(kind, version.IsEmpty ? 0 : BinaryPrimitives.ReadInt64BigEndian(version), reader.Id(), reader.Number(SignedList.MaxBytes));
            if (kind > ListKind.Plan || list.Version < 1)
                return null;
            lists.Add(list);
        }
        UsbBundleObject? acks = reader.Byte() switch
        {
            0 => null,
            1 => new UsbBundleObject(reader.Id(), reader.Number(MaxAcksBytes)),
            _ => default(UsbBundleObject),
        };
        if (acks is { LengthBytes: 0 })
            return null;
        ImmutableArray<UsbBundlePack>.Builder packs = Room<UsbBundlePack>(ref reader, MaxPacks, LeastPackBytes);
        for (int left = packs.Capacity; left > 0 && !reader.Failed; left--)
        {
            ChunkId manifest = reader.Id();
            int length = reader.Number(ContentLimits.MaxManifestBytes);
            ImmutableArray<int>.Builder places = Room<int>(ref reader, MaxVolumes, 1);
            for (int more = places.Capacity; more > 0 && !reader.Failed; more--)
                places.Add(reader.Number(MaxVolumes - 1));
            packs.Add(new UsbBundlePack(manifest, length, places.ToImmutable()));
        }
        ImmutableArray<VolumeRef>.Builder volumes = Room<VolumeRef>(ref reader, MaxVolumes, LeastVolumeBytes);
        for (int left = volumes.Capacity; left > 0 && !reader.Failed; left--)
            volumes.Add(new VolumeRef(reader.Id(), reader.Number(ContentLimits.MaxVolumeBytes), reader.Id(), reader.Number(ContentLimits.MaxIndexBytes)));
        if (!reader.AtEnd || packs.Any(pack => pack.Volumes.Any(place => place >= volumes.Count)))
            return null;
        return new UsbBundleHead(school, flags == AsksFlag, lists.ToImmutable(), acks, packs.ToImmutable(), volumes.ToImmutable());
    }

    /// <summary>A count, and room for as many; none when so many cannot stand in what is left.</summary>
    private static ImmutableArray<T>.Builder Room<T>(ref FieldReader reader, int most, int leastBytes)
    {
        int count = reader.Number(most);
        if (count > reader.RemainingBytes / leastBytes)
        {
            reader.Fail();
            count = 0;
        }
        return ImmutableArray.CreateBuilder<T>(count);
    }
}

/// <summary>A file on a stick, by the hash of its bytes.</summary>
public readonly record struct UsbBundleObject(ChunkId Id, int LengthBytes);

/// <summary>Where things lie on a stick. Names are plain ASCII of at most 72 letters, in at most 258 folders of a few thousand files each, so that FAT32 and exFAT hold them.
/// Nothing read from a stick becomes part of a path.</summary>
public static class UsbBundlePaths
{
    public const string Folder = "edge-usb";

    /// <summary>Folder of what boxes write; its being there lets the appliance mount the stick writable.</summary>
    public const string ReturnFolder = Folder + "/return";

    /// <summary>Errata for all schools, as <see cref="ErratumRecords"/> joins them. Each is signed by itself, so no head names this file; readers that do not know it pass it by.</summary>
    public const string Errata = Folder + "/errata.list";

    /// <summary>The head of one school. The prefix keeps a school named "aux" from meeting a device of DOS.</summary>
    public static string HeadOf(string school) => $"{Folder}/school-{school}.head";

    /// <summary>An object: in a folder named by its first two digits, since FAT32 takes about ten thousand such names in one.</summary>
    public static string Of(ChunkId id)
    {
        string name = id.ToString();
        return $"{Folder}/objects/{name[..2]}/{name}";
    }

    /// <summary>What a box owes, sealed for the relay.</summary>
    public static string ReturnOf(BoxId box, int part) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{ReturnFolder}/{box}-{part:D3}.sealed");
}
