using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Edge.Core.Text;

namespace Edge.Core.Content;

/// <summary>What a manifest says once, and what only some files have, as JSON.</summary>
/// <param name="MediaTypes">Each one that occurs; files name them by number.</param>
/// <param name="Notes">In the order of the files they are about.</param>
internal sealed record ManifestHead(
    string Pack, long Version, DateTimeOffset Created, PackMetadata Metadata, ImmutableArray<string> MediaTypes, ImmutableArray<ManifestNote> Notes);

/// <param name="File">Number of the file, from 0.</param>
internal sealed record ManifestNote(int File, LocalText? Title = null, string? Language = null, string? CaptionOf = null);

/// <summary>A manifest in bytes. Version 2: version byte, length of the head, the head as JSON; number of files and per file how many bytes its path shares with the path before,
/// how many more it has and those, number of its media type, kind (128 added when there is a recipe), length, hash, recipe; number of volumes and per volume name, length, index, length of the index.
/// Numbers are LEB128. Nothing is compressed: most of it is hashes, and so a manifest made from another by a delta has exactly the bytes that its name stands for.
/// Version 1: version byte, length of the JSON as 4 bytes big-endian, the JSON in Brotli (RFC 7932).</summary>
internal static class ManifestForm
{
    private const byte FormatVersion = 2;
    private const byte Json = 1;
    private const int JsonHeadBytes = 5;
    private const byte HasRecipe = 0x80;
    private const int MinFileBytes = 5 + ChunkId.LengthBytes;
    private const int MinVolumeBytes = 2 + 2 * ChunkId.LengthBytes;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static byte[] Write(Manifest manifest)
    {
        ImmutableArray<string> types = [.. manifest.Files.Select(file => file.MediaType).Distinct().Order(StringComparer.Ordinal)];
        var head = new ManifestHead(manifest.Pack, manifest.Version, manifest.Created, manifest.Metadata, types,
        [
            .. manifest.Files.Select((file, i) => new ManifestNote(i, file.Title, file.Language, file.CaptionOf))
                .Where(note => note is not { Title: null, Language: null, CaptionOf: null }),
        ]);
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(head, ManifestJson.Default.ManifestHead);
        FieldWriter writer = new FieldWriter(64 + json.Length + manifest.Files.Length * 100 + manifest.Volumes.Length * 80)
            .Byte(FormatVersion).Number(json.Length).Bytes(json).Number(manifest.Files.Length);
        byte[] former = [];
        foreach (PackFile file in manifest.Files)
        {
            byte[] path = Encoding.UTF8.GetBytes(file.Path);
            int shared = former.AsSpan().CommonPrefixLength(path);
            writer.Number(shared).Number(path.Length - shared).Bytes(path.AsSpan(shared))
                .Number(types.BinarySearch(file.MediaType, StringComparer.Ordinal)).Byte((byte)((byte)file.Kind | (file.Recipe is null ? 0 : HasRecipe))).Number(file.LengthBytes).Id(file.Sha256);
            if (file.Recipe is { } recipe)
                writer.Id(recipe);
            former = path;
        }
        writer.Number(manifest.Volumes.Length);
        foreach (VolumeRef volume in manifest.Volumes)
            writer.Id(volume.Id).Number(volume.LengthBytes).Id(volume.Index).Number(volume.IndexBytes);
        return writer.ToArray();
    }

    /// <summary>Form only; whether it says what a manifest may say is <see cref="Manifest.Problem"/>'s to judge.</summary>
    public static Manifest? Read(ReadOnlySpan<byte> bytes, out string problem)
    {
        problem = "not a whole manifest";
        if (bytes.IsEmpty || bytes.Length > ContentLimits.MaxManifestBytes)
            return null;
        try
        {
            return bytes[0] switch
            {
                Json => ReadJson(bytes),
                FormatVersion => ReadTable(bytes[1..]),
                _ => null,
            };
        }
        catch (JsonException e)
        {
            problem = e.Message;
        }
        catch (DecoderFallbackException)
        {
            problem = "a path is not UTF-8";
        }
        return null;
    }

    private static Manifest? ReadJson(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < JsonHeadBytes)
            return null;
        int jsonBytes = BinaryPrimitives.ReadInt32BigEndian(bytes[1..]);
        if (jsonBytes is < 2 or > ContentLimits.MaxManifestJsonBytes)
            return null;
        byte[] json = new byte[jsonBytes];
        return ChunkCodings.TryDecode(ChunkCoding.Brotli, bytes[JsonHeadBytes..], json) ? JsonSerializer.Deserialize(json, ManifestJson.Default.Manifest) : null;
    }

    private static Manifest? ReadTable(ReadOnlySpan<byte> bytes)
    {
        var reader = new FieldReader(bytes);
        ReadOnlySpan<byte> json = reader.Take(reader.Number(reader.RemainingBytes));
        if (reader.Failed || JsonSerializer.Deserialize(json, ManifestJson.Default.ManifestHead) is not { MediaTypes.IsDefault: false, Notes.IsDefault: false } head)
            return null;
        int count = reader.Number(ContentLimits.MaxFiles);
        if (reader.Failed || count > reader.RemainingBytes / MinFileBytes)
            return null;
        var files = ImmutableArray.CreateBuilder<PackFile>(count);
        Span<byte> path = stackalloc byte[PackPath.MaxBytes];
        int pathBytes = 0;
        for (int i = 0; i < count; i++)
        {
            int shared = reader.Number(pathBytes);
            int more = reader.Number(PackPath.MaxBytes - shared);
            reader.Take(more).CopyTo(path[shared..]);
            int type = reader.Number(Math.Max(0, head.MediaTypes.Length - 1));
            byte kind = reader.Byte();
            long length = reader.LongNumber(ContentLimits.MaxFileBytes);
            ChunkId hash = reader.Id();
            ChunkId? recipe = (kind & HasRecipe) != 0 ? reader.Id() : null;
            if (reader.Failed || head.MediaTypes.IsEmpty || head.MediaTypes[type] is null)
                return null;
            pathBytes = shared + more;
            files.Add(new PackFile(Utf8.GetString(path[..pathBytes]), head.MediaTypes[type], (FileKind)(kind & ~HasRecipe), length, hash, recipe));
        }
        int last = -1;
        foreach (ManifestNote note in head.Notes)
        {
            if (note is null || note.File <= last || note.File >= count)
                return null;
            last = note.File;
            files[last] = files[last] with { Title = note.Title, Language = note.Language, CaptionOf = note.CaptionOf };
        }
        int volumes = reader.Number(ContentLimits.MaxVolumes);
        if (reader.Failed || volumes > reader.RemainingBytes / MinVolumeBytes)
            return null;
        var refs = ImmutableArray.CreateBuilder<VolumeRef>(volumes);
        for (int i = 0; i < volumes; i++)
            refs.Add(new VolumeRef(reader.Id(), reader.Number(ContentLimits.MaxVolumeBytes), reader.Id(), reader.Number(ContentLimits.MaxIndexBytes)));
        return reader.AtEnd ? new Manifest(head.Pack, head.Version, head.Created, head.Metadata, files.MoveToImmutable(), refs.MoveToImmutable()) : null;
    }
}
