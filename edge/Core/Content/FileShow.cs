namespace Edge.Core.Content;

/// <summary>How a page shows a file.</summary>
public enum FileShow
{
    Video,
    Audio,
    Picture,
    Pdf,
    /// <summary>A page with scripts: runs apart from the site.</summary>
    Tool,
    /// <summary>A question that the box marks.</summary>
    Exercise,
    /// <summary>Plain text.</summary>
    Text,
    /// <summary>Nothing that a browser shows: to save, and open with a program.</summary>
    Save,
}

/// <summary>The program that opens a file which browsers do not show.</summary>
public enum FileOpener { Slides, Writing, Sheet, Book, Archive, Player, Unknown }

/// <summary>Open formats show in the page; what for, and with what else they open.</summary>
public static class FileShows
{
    /// <summary>Longest text that is shown in a page; a longer one is saved.</summary>
    public const int MaxTextBytes = 256 << 10;

    /// <summary>Formats that the browsers of ten years know; MPEG-TS is none of them.</summary>
    public static FileShow Of(PackFile file) => (file.Kind, TypeOf(file)) switch
    {
        (FileKind.Exercise or FileKind.Test, "application/xml" or "text/xml") => FileShow.Exercise,
        (_, "video/mp4" or "video/webm") => FileShow.Video,
        (_, "audio/mpeg" or "audio/mp4" or "audio/ogg" or "audio/wav") => FileShow.Audio,
        (_, "image/jpeg" or "image/png" or "image/gif" or "image/webp" or "image/svg+xml") => FileShow.Picture,
        (_, "application/pdf") => FileShow.Pdf,
        (_, "text/html" or "application/xhtml+xml") => FileShow.Tool,
        (_, "text/plain" or "text/markdown" or "text/csv" or "text/vtt") when file.LengthBytes <= MaxTextBytes => FileShow.Text,
        _ => FileShow.Save,
    };

    public static FileOpener OpenerOf(PackFile file) => TypeOf(file) switch
    {
        "application/vnd.oasis.opendocument.presentation" or "application/vnd.openxmlformats-officedocument.presentationml.presentation" or "application/vnd.ms-powerpoint" => FileOpener.Slides,
        "application/vnd.oasis.opendocument.text" or "application/vnd.openxmlformats-officedocument.wordprocessingml.document" or "application/msword" => FileOpener.Writing,
        "application/vnd.oasis.opendocument.spreadsheet" or "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" or "application/vnd.ms-excel" => FileOpener.Sheet,
        "application/epub+zip" => FileOpener.Book,
        "application/zip" or "application/x-7z-compressed" or "application/vnd.rar" => FileOpener.Archive,
        var type when type.StartsWith("video/", StringComparison.Ordinal) || type.StartsWith("audio/", StringComparison.Ordinal) => FileOpener.Player,
        _ => FileOpener.Unknown,
    };

    /// <summary>Whether a browser that opens the file by itself may run what is written in it.</summary>
    public static bool CanRunScripts(string mediaType)
    {
        string type = Bare(mediaType);
        return type is "text/html" or "text/xml" or "application/xml" || type.EndsWith("+xml", StringComparison.Ordinal);
    }

    /// <summary>Whether the file is a script or a style sheet that a page could be made to load.</summary>
    public static bool IsPartOfTool(string mediaType) =>
        Bare(mediaType) is var type && (type is "text/css" or "application/wasm" || type.Contains("javascript", StringComparison.Ordinal) || type.Contains("ecmascript", StringComparison.Ordinal));

    private static string TypeOf(PackFile file) => Bare(file.MediaType);

    private static string Bare(string mediaType)
    {
        int end = mediaType.IndexOf(';', StringComparison.Ordinal);
        return (end < 0 ? mediaType : mediaType[..end]).Trim().ToLowerInvariant();
    }
}
