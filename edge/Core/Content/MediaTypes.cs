using System.Collections.Frozen;

namespace Edge.Core.Content;

/// <summary>Media types by file extension, and what such a file is usually for.</summary>
public static class MediaTypes
{
    /// <summary>For files that nothing else is known of: browsers then save and do not show.</summary>
    public const string Unknown = "application/octet-stream";

    private static readonly FrozenDictionary<string, (string Type, FileKind Kind)> ByExtension = new Dictionary<string, (string, FileKind)>
    {
        ["mp4"] = ("video/mp4", FileKind.Video),
        ["m4v"] = ("video/mp4", FileKind.Video),
        ["webm"] = ("video/webm", FileKind.Video),
        ["ts"] = ("video/mp2t", FileKind.Video),
        ["mp3"] = ("audio/mpeg", FileKind.Audio),
        ["m4a"] = ("audio/mp4", FileKind.Audio),
        ["ogg"] = ("audio/ogg", FileKind.Audio),
        ["opus"] = ("audio/ogg", FileKind.Audio),
        ["wav"] = ("audio/wav", FileKind.Audio),
        ["vtt"] = ("text/vtt; charset=utf-8", FileKind.Caption),
        ["jpg"] = ("image/jpeg", FileKind.Picture),
        ["jpeg"] = ("image/jpeg", FileKind.Picture),
        ["png"] = ("image/png", FileKind.Picture),
        ["gif"] = ("image/gif", FileKind.Picture),
        ["webp"] = ("image/webp", FileKind.Picture),
        ["svg"] = ("image/svg+xml", FileKind.Picture),
        ["pdf"] = ("application/pdf", FileKind.Document),
        ["txt"] = ("text/plain; charset=utf-8", FileKind.Document),
        ["md"] = ("text/markdown; charset=utf-8", FileKind.Document),
        ["csv"] = ("text/csv; charset=utf-8", FileKind.Document),
        ["epub"] = ("application/epub+zip", FileKind.Document),
        ["odt"] = ("application/vnd.oasis.opendocument.text", FileKind.Document),
        ["ods"] = ("application/vnd.oasis.opendocument.spreadsheet", FileKind.Document),
        ["docx"] = ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", FileKind.Document),
        ["xlsx"] = ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", FileKind.Document),
        ["odp"] = ("application/vnd.oasis.opendocument.presentation", FileKind.Courseware),
        ["pptx"] = ("application/vnd.openxmlformats-officedocument.presentationml.presentation", FileKind.Courseware),
        ["html"] = ("text/html; charset=utf-8", FileKind.Tool),
        ["htm"] = ("text/html; charset=utf-8", FileKind.Tool),
        ["js"] = ("text/javascript; charset=utf-8", FileKind.Tool),
        ["css"] = ("text/css; charset=utf-8", FileKind.Tool),
        ["woff2"] = ("font/woff2", FileKind.Tool),
        ["json"] = ("application/json", FileKind.Document),
        ["xml"] = ("application/xml", FileKind.Document),
        ["zip"] = ("application/zip", FileKind.Document),
        ["h5p"] = ("application/zip", FileKind.Exercise),
    }.ToFrozenDictionary();

    /// <summary>By the extension of <paramref name="path"/>; unknown ones are documents to save.</summary>
    public static (string Type, FileKind Kind) Of(string path)
    {
        int dot = path.LastIndexOf('.');
        return dot >= 0 && ByExtension.TryGetValue(path[(dot + 1)..].ToLowerInvariant(), out var known) ? known : (Unknown, FileKind.Document);
    }

    /// <summary>Whether it can stand in a Content-Type header: type "/" subtype, parameters optional (RFC 9110 §8.3.1), nothing that ends a header.</summary>
    public static bool IsValid(string mediaType)
    {
        if (mediaType.Length is 0 or > 100)
            return false;
        int slash = mediaType.IndexOf('/', StringComparison.Ordinal);
        int end = mediaType.IndexOf(';', StringComparison.Ordinal);
        string type = end < 0 ? mediaType : mediaType[..end];
        return slash > 0 && slash < type.Length - 1 && type.AsSpan(slash + 1).IndexOf('/') < 0
            && !type.AsSpan().ContainsAnyExcept(TokenCharacters)
            && !mediaType.AsSpan().ContainsAnyExceptInRange(' ', '~');
    }

    private static readonly System.Buffers.SearchValues<char> TokenCharacters =
        System.Buffers.SearchValues.Create("/!#$&-^_.+0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
}
