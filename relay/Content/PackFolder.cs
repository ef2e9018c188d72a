using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Edge.Core.Content;
using Edge.Core.Identity;
using Edge.Core.Text;
using Edge.Durable;

namespace Relay.Content;

/// <summary>The folder or its <c>pack.json</c> cannot be made a pack. Each problem is a line that names its file.</summary>
public sealed class PackBuildException(IReadOnlyList<string> problems) : Exception(string.Join('\n', problems))
{
    public IReadOnlyList<string> Problems => problems;
}

/// <summary>What <c>pack.json</c> may say of one file; what it leaves out is told by the extension.</summary>
internal sealed record PackFileText(LocalText? Title = null, FileKind? Kind = null, string? MediaType = null, string? Language = null, string? CaptionOf = null);

/// <summary><c>pack.json</c> in the top folder of a pack.</summary>
internal sealed record PackText(
    string Id,
    LocalText Title,
    string? Stage = null,
    string? Grade = null,
    string? Subject = null,
    string? Edition = null,
    ImmutableArray<string> KnowledgePoints = default,
    string? Licence = null,
    string? Supplier = null,
    ImmutableArray<string> Languages = default,
    ImmutableArray<string> Collections = default,
    ImmutableDictionary<string, PackFileText>? Files = null)
{
    public PackMetadata Metadata => new(Title, Stage, Grade, Subject, Edition, KnowledgePoints, Licence, Supplier, Languages, Collections);
}

/// <summary>A member we do not know is most likely a slip of the pen, so it is refused.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, UseStringEnumConverter = true,
    ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(PackText))]
internal sealed partial class PackTextJson : JsonSerializerContext;

/// <summary>One file to be packed: where it lies, and what the manifest will say of it. Length and hash are not known yet.</summary>
internal sealed record FolderFile(string FullPath, long LengthBytes, PackFile File);

/// <summary>A folder of files with a <c>pack.json</c>, read and checked.</summary>
internal sealed record PackFolder(string Id, PackMetadata Metadata, ImmutableArray<FolderFile> Files, ImmutableArray<string> Skipped)
{
    public const string TextName = "pack.json";

    private const int MaxTextBytes = 4 << 20;

    /// <summary>Looks through <paramref name="folder"/>. Names that begin with a dot are skipped and reported; names are brought into normal form C.</summary>
    /// <exception cref="PackBuildException">All problems at once: no or wrong <c>pack.json</c>, names a pack may not have, links, special files.</exception>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public static PackFolder Read(string folder)
    {
        PackText text = ReadText(folder);
        var problems = new List<string>();
        if (!Slug.IsValid(text.Id))
            problems.Add($"{TextName}: id \"{text.Id}\" must be lower-case letters, digits and hyphens");
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var skipped = ImmutableArray.CreateBuilder<string>();
        Walk(folder, "", found, skipped, problems);
        foreach (string stray in (text.Files ?? []).Keys.Where(path => !found.ContainsKey(path)))
            problems.Add($"{TextName}: files names \"{stray}\", which is not in the folder");
        if (PackPath.FirstClash(found.Keys) is { } clash)
            problems.Add($"{clash}: another file or folder has the same name (capital and small letters count as the same)");
        if (found.Count is 0 or > ContentLimits.MaxFiles)
            problems.Add($"{folder}: a pack has 1 to {ContentLimits.MaxFiles} files, this folder has {found.Count}");
        if (problems.Count > 0)
            throw new PackBuildException(problems);
        var files = ImmutableArray.CreateBuilder<FolderFile>(found.Count);
        foreach ((string path, string full) in found)
        {
            long length = new FileInfo(full).Length;
            if (length > ContentLimits.MaxFileBytes)
                problems.Add($"{path}: longer than {ContentLimits.MaxFileBytes} bytes");
            files.Add(new FolderFile(full, length, Describe(path, (text.Files ?? []).GetValueOrDefault(path), found)));
        }
        return problems.Count > 0 ? throw new PackBuildException(problems) : new PackFolder(text.Id, text.Metadata, files.MoveToImmutable(), skipped.ToImmutable());
    }

    private static PackText ReadText(string folder)
    {
        string path = Path.Combine(folder, TextName);
        if (!Directory.Exists(folder))
            throw new PackBuildException([$"{folder}: there is no such folder"]);
        if (!File.Exists(path) || !FileTypes.IsRegular(path))
            throw new PackBuildException([$"{path}: a pack needs this file, with at least \"id\" and \"title\""]);
        if (new FileInfo(path).Length > MaxTextBytes)
            throw new PackBuildException([$"{path}: longer than {MaxTextBytes} bytes"]);
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), PackTextJson.Default.PackText) ?? throw new JsonException("it says null");
        }
        catch (JsonException e)
        {
            throw new PackBuildException([$"{path}: {e.Message}"]);
        }
    }

    private static void Walk(string folder, string prefix, SortedDictionary<string, string> found, ImmutableArray<string>.Builder skipped, List<string> problems)
    {
        foreach (FileSystemInfo entry in new DirectoryInfo(folder).EnumerateFileSystemInfos().OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            string path = prefix + entry.Name;
            if (prefix.Length == 0 && entry.Name == TextName)
                continue;
            if (entry.Name.StartsWith('.'))
                skipped.Add(path);
            else if (entry.LinkTarget is not null)
                problems.Add($"{path}: is a link; a pack holds files only");
            // Deeper than a pack may be: stop here, so that no tree can keep us for ever.
            else if (path.Count(c => c == '/') >= PackPath.MaxParts)
                problems.Add($"{path}: more than {PackPath.MaxParts} folders deep");
            else if (entry is DirectoryInfo)
                Walk(entry.FullName, path + "/", found, skipped, problems);
            else if (!FileTypes.IsRegular(entry.FullName))
                problems.Add($"{path}: is a pipe, socket or device; a pack holds files only");
            else if (AddFile(path, entry.FullName, found) is { } problem)
                problems.Add($"{path}: {problem}");
        }
    }

    private static string? AddFile(string path, string full, SortedDictionary<string, string> found)
    {
        string? normal = null;
        try
        {
            normal = path.Normalize(NormalizationForm.FormC);
        }
        catch (ArgumentException)
        {
            // Half a character; PackPath says so.
        }
        if (PackPath.Problem(normal ?? path) is { } problem)
            return problem;
        return found.TryAdd(normal!, full) ? null : "another file has the same name in Unicode normal form C";
    }

    private static PackFile Describe(string path, PackFileText? text, SortedDictionary<string, string> found)
    {
        (string type, FileKind kind) = MediaTypes.Of(path);
        kind = text?.Kind ?? kind;
        (string? video, string? language) = kind == FileKind.Caption ? CaptionOf(path, found) : default;
        return new PackFile(path, text?.MediaType ?? type, kind, 0, default, null, text?.Title, text?.Language ?? language, text?.CaptionOf ?? video);
    }

    /// <summary>Captions lie beside their video: <c>lesson.mp4</c>, <c>lesson.zh-Hans.vtt</c>.</summary>
    private static (string? Video, string? Language) CaptionOf(string path, SortedDictionary<string, string> found)
    {
        string stem = path[..path.LastIndexOf('.')];
        int dot = stem.LastIndexOf('.');
        string? language = dot > stem.LastIndexOf('/') ? stem[(dot + 1)..] : null;
        return found.Keys.FirstOrDefault(other => MediaTypes.Of(other).Kind == FileKind.Video && IsStem(other, stem)) is { } same ? (same, null)
            : language is null ? (null, null)
            : (found.Keys.FirstOrDefault(other => MediaTypes.Of(other).Kind == FileKind.Video && IsStem(other, stem[..dot])), language);
    }

    private static bool IsStem(string path, string stem) => path.StartsWith(stem, StringComparison.Ordinal) && path.LastIndexOf('.') == stem.Length;
}
