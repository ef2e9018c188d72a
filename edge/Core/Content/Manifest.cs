using System.Collections.Immutable;
using Edge.Core.Identity;
using Edge.Core.Text;

namespace Edge.Core.Content;

/// <summary>What a file is for in class; its technical form is the media type.</summary>
public enum FileKind { Document, Video, Audio, Picture, Caption, Courseware, Exercise, Test, Plan, Kit, Tool }

/// <summary>One file of a pack version.</summary>
/// <param name="Path">As <see cref="PackPath"/> allows.</param>
/// <param name="MediaType">Sent as Content-Type.</param>
/// <param name="Kind">What it is for.</param>
/// <param name="LengthBytes">Length of the whole file.</param>
/// <param name="Sha256">Hash of the whole file.</param>
/// <param name="Recipe">Chunk that lists the file's chunks. Null: the file is one chunk, which <paramref name="Sha256"/> names, or it is empty.</param>
/// <param name="Title">For people; without it the file's name serves.</param>
/// <param name="Language">BCP 47 tag of its words, for captions above all.</param>
/// <param name="CaptionOf">Path of the video that this caption belongs to.</param>
public sealed record PackFile(
    string Path,
    string MediaType,
    FileKind Kind,
    long LengthBytes,
    ChunkId Sha256,
    ChunkId? Recipe = null,
    LocalText? Title = null,
    string? Language = null,
    string? CaptionOf = null)
{
    /// <summary>The chunks of a file without recipe; with one, the recipe itself has to be read.</summary>
    public Recipe RecipeOfOneChunk => new(LengthBytes == 0 ? [] : [new ChunkRef(Sha256, (int)LengthBytes)]);
}

/// <summary>What people search and sort packs by.</summary>
/// <param name="Title">Per language.</param>
/// <param name="Stage">School stage, e.g. "primary".</param>
/// <param name="Grade">E.g. "3".</param>
/// <param name="Subject">E.g. "mathematics".</param>
/// <param name="Edition">Textbook and edition that the pack follows.</param>
/// <param name="KnowledgePoints">Codes or names of what is taught.</param>
/// <param name="Licence">SPDX expression or a sentence.</param>
/// <param name="Supplier">Who made it.</param>
/// <param name="Languages">BCP 47 tags of its languages.</param>
/// <param name="Collections">Names of collections it belongs to, e.g. "Young scientists".</param>
public sealed record PackMetadata(
    LocalText Title,
    string? Stage = null,
    string? Grade = null,
    string? Subject = null,
    string? Edition = null,
    ImmutableArray<string> KnowledgePoints = default,
    string? Licence = null,
    string? Supplier = null,
    ImmutableArray<string> Languages = default,
    ImmutableArray<string> Collections = default)
{
    public ImmutableArray<string> KnowledgePoints { get; init; } = KnowledgePoints.IsDefault ? [] : KnowledgePoints;

    public ImmutableArray<string> Languages { get; init; } = Languages.IsDefault ? [] : Languages;

    public ImmutableArray<string> Collections { get; init; } = Collections.IsDefault ? [] : Collections;
}

/// <summary>Description of one version of a pack. The signed catalogue names it by hash, so it needs no signature of its own.
/// As it travels and rests: see <see cref="ManifestForm"/>; the first release's form (all of it JSON in Brotli) is still read.</summary>
/// <param name="Pack">Slug.</param>
/// <param name="Version">From 1; only grows.</param>
/// <param name="Created">When it was built, by the clock of the builder; shown, never compared.</param>
/// <param name="Metadata">What people search and sort by.</param>
/// <param name="Files">In the order of the pack.</param>
/// <param name="Volumes">Where the chunks are: the volumes made for this version in the order they were filled, so recipes stand in the first,
/// then older ones. A box that lacks a few chunks finds them in the first and needs no other index.</param>
public sealed record Manifest(
    string Pack,
    long Version,
    DateTimeOffset Created,
    PackMetadata Metadata,
    ImmutableArray<PackFile> Files,
    ImmutableArray<VolumeRef> Volumes)
{
    /// <summary>Bytes of all files.</summary>
    public long LengthBytes => Files.Sum(file => file.LengthBytes);

    public PackFile? File(string path) => Files.FirstOrDefault(file => file.Path == path);

    public byte[] ToBytes() => ManifestForm.Write(this);

    /// <param name="bytes">The manifest as it travels.</param>
    /// <param name="problem">What is wrong, for the log and the author.</param>
    /// <returns>Null when the bytes are no sound manifest.</returns>
    public static Manifest? Read(ReadOnlySpan<byte> bytes, out string problem)
    {
        Manifest? manifest = ManifestForm.Read(bytes, out problem);
        problem = manifest is null ? problem : manifest.Problem() ?? "";
        return problem.Length == 0 ? manifest : null;
    }

    /// <returns>What is wrong with the manifest, with the file's name; null when it is sound.</returns>
    public string? Problem()
    {
        if (!Slug.IsValid(Pack))
            return "the pack has no valid id";
        if (Version < 1)
            return "versions begin at 1";
        if (Metadata is null || MetadataProblem(Metadata) is not null)
            return Metadata is null ? "metadata is missing" : MetadataProblem(Metadata);
        if (Files.IsDefaultOrEmpty || Files.Length > ContentLimits.MaxFiles)
            return $"a pack has 1 to {ContentLimits.MaxFiles} files";
        if (Volumes.IsDefault || Volumes.Length > ContentLimits.MaxVolumes || !Volumes.All(IsSound))
            return "the list of volumes is not sound";
        foreach (PackFile file in Files)
        {
            if (FileProblem(file) is { } problem)
                return $"{file.Path}: {problem}";
        }
        if (PackPath.FirstClash(Files.Select(file => file.Path)) is { } clash)
            return $"{clash}: another file or folder has the same name (capital and small letters count as the same)";
        HashSet<string> videos = [.. Files.Where(file => file.Kind == FileKind.Video).Select(file => file.Path)];
        PackFile? stray = Files.FirstOrDefault(file => file.CaptionOf is not null && !videos.Contains(file.CaptionOf));
        return stray is null ? null : $"{stray.Path}: the video {stray.CaptionOf} that it captions is not in the pack";
    }

    private static string? MetadataProblem(PackMetadata metadata)
    {
        if (metadata.Title.Texts.IsEmpty || !IsText(metadata.Title))
            return "the title is missing or too long";
        if (!IsShort(metadata.Stage) || !IsShort(metadata.Grade) || !IsShort(metadata.Subject) || !IsShort(metadata.Edition) || !IsShort(metadata.Licence) || !IsShort(metadata.Supplier))
            return $"a text is over {ContentLimits.MaxTextLength} characters";
        return IsTags(metadata.KnowledgePoints) && IsTags(metadata.Languages) && IsTags(metadata.Collections) ? null : $"a list is over {ContentLimits.MaxTags} entries, or one of them is too long";
    }

    private static string? FileProblem(PackFile file)
    {
        if (PackPath.Problem(file.Path) is { } problem)
            return problem;
        if (!MediaTypes.IsValid(file.MediaType))
            return "its media type is not valid";
        if (!Enum.IsDefined(file.Kind) || !IsShort(file.Language) || (file.Title is { } title && !IsText(title)))
            return "its kind, language or title is not valid";
        if (file.LengthBytes is < 0 or > ContentLimits.MaxFileBytes)
            return $"longer than {ContentLimits.MaxFileBytes} bytes";
        return file.Recipe is null && file.LengthBytes > ContentLimits.MaxChunkBytes ? "too long to be without recipe" : null;
    }

    private static bool IsSound(VolumeRef volume) =>
        volume is { LengthBytes: > Volume.HeaderBytes and <= ContentLimits.MaxVolumeBytes, IndexBytes: > 0 and <= ContentLimits.MaxIndexBytes };

    private static bool IsShort(string? text) => text is null || text.Length <= ContentLimits.MaxTextLength;

    private static bool IsTags(ImmutableArray<string> tags) => !tags.IsDefault && tags.Length <= ContentLimits.MaxTags && tags.All(tag => tag is not null && IsShort(tag));

    private static bool IsText(LocalText text) => text.Texts.Count <= ContentLimits.MaxTags && text.Texts.All(pair => IsShort(pair.Key) && IsShort(pair.Value));
}
