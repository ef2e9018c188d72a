using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Edge.Box.Usage;
using Edge.Core.Feedback;
using Edge.Core.Live;

namespace Edge.Box.Live;

/// <summary>A lesson's languages for players: a multivariant list whose renditions of sound are taken out of the stored segments as they are asked for. The first language stays in the segments themselves.</summary>
public static class SoundEndpoints
{
    private static readonly ConditionalWeakTable<LessonRecording, Sounds> Known = [];

    public static void MapSounds(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder live = routes.MapGroup("/live/{lesson}");
        string[] read = [HttpMethods.Get, HttpMethods.Head];
        live.MapMethods("/main.m3u8", read, Multivariant).WithMetadata(new CountsAs(UsageKey.Plays, Once: true));
        live.MapMethods("/sound-{language}.m3u8", read, List);
        live.MapMethods("/{sequence:long}-{language}.ts", read, Segment);
        live.MapGet("/sounds.json", (string lesson, HttpContext context, LiveLessons lessons) =>
        {
            context.Response.Headers.CacheControl = "no-cache";
            ImmutableArray<string> languages = lessons.Recording(lesson) is { Window.Last: not null } recording ? SoundsOf(recording).Languages : [];
            return Results.Json(languages.Select(language => new SoundView(language, NameOf(language))));
        });
    }

    /// <summary>By its first segment, which says for the whole lesson; on a rung that carries fewer the first one stands in.</summary>
    private static Sounds SoundsOf(LessonRecording recording) => Known.GetValue(recording, recording => new Sounds(LanguagesOf(recording)));

    /// <summary>None when there is nothing to choose between.</summary>
    private static ImmutableArray<string> LanguagesOf(LessonRecording recording)
    {
        ImmutableArray<SoundTrack> tracks = recording.Read(0) is { } first ? TsAudio.Of(first.Span) : [];
        ImmutableArray<string> languages = [.. tracks.Select(track => track.Language).OfType<string>().Distinct(StringComparer.Ordinal)];
        return languages.Length > 1 && languages.Length == tracks.Length ? languages : [];
    }

    private static IResult Multivariant(string lesson, HttpContext context, LiveLessons lessons)
    {
        if (lessons.Recording(lesson) is not { Window.Last: not null } recording)
            return Results.NotFound();
        context.Response.Headers.CacheControl = "no-cache";
        double bitsPerSecond = recording.Window.Segments.TakeLast(10).Max(segment => segment.LengthBytes * 8 / segment.Duration.TotalSeconds);
        var text = new StringBuilder("#EXTM3U\n#EXT-X-VERSION:4\n");
        ImmutableArray<string> languages = SoundsOf(recording).Languages;
        foreach (string language in languages)
        {
            bool first = language == languages[0];
            text.Append(CultureInfo.InvariantCulture, $"#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"sound\",NAME=\"{NameOf(language)}\",LANGUAGE=\"{TagOf(language)}\",AUTOSELECT=YES,DEFAULT={(first ? "YES" : $"NO,URI=\"sound-{language}.m3u8\"")}\n");
        }
        ImmutableArray<string> captions = lessons.Captions(lesson)?.Languages ?? [];
        foreach (string language in captions)
            text.Append(CultureInfo.InvariantCulture, $"#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"captions\",NAME=\"{NameOf(language)}\",LANGUAGE=\"{language}\",AUTOSELECT=YES,DEFAULT=NO,FORCED=NO,URI=\"captions/{language}/index.m3u8\"\n");
        text.Append(CultureInfo.InvariantCulture, $"#EXT-X-STREAM-INF:BANDWIDTH={(long)bitsPerSecond}{(languages.IsEmpty ? "" : ",AUDIO=\"sound\"")}{(captions.IsEmpty ? "" : ",SUBTITLES=\"captions\"")}\nindex.m3u8\n");
        return Results.Text(text.ToString(), PlaylistBody.ContentType);
    }

    private static IResult List(string lesson, string language, HttpContext context, LiveLessons lessons)
    {
        return lessons.Recording(lesson) is { Window.Last: not null } recording && SoundsOf(recording) is var sounds && sounds.Languages.Contains(language)
            ? LiveEndpoints.Send(sounds.ListOf(language, recording.Window), context) : Results.NotFound();
    }

    private static IResult Segment(string lesson, long sequence, string language, HttpContext context, LiveLessons lessons)
    {
        if (language.Length != 3 || lessons.Recording(lesson)?.Read(sequence) is not { } segment || TsAudio.Only(segment.Span, language) is not { } sound)
            return Results.NotFound();
        context.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        return Results.Bytes(sound, "video/mp2t");
    }

    /// <summary>What is known of a recording's languages, and their lists, written out once per change.</summary>
    private sealed class Sounds(ImmutableArray<string> languages)
    {
        private readonly ConcurrentDictionary<string, (PlaylistWindow Of, PlaylistBody Body)> _lists = new(StringComparer.Ordinal);

        public ImmutableArray<string> Languages { get; } = languages;

        public PlaylistBody ListOf(string language, PlaylistWindow window)
        {
            if (_lists.TryGetValue(language, out (PlaylistWindow Of, PlaylistBody Body) held) && ReferenceEquals(held.Of, window))
                return held.Body;
            MediaPlaylist list = window.Whole();
            PlaylistBody body = PlaylistBody.Of(PlaylistText.Write(list with { Segments = [.. list.Segments.Select(entry => entry with { Uri = string.Create(CultureInfo.InvariantCulture, $"{entry.Sequence}-{language}.ts") })] }));
            _lists[language] = (window, body);
            return body;
        }
    }

    /// <summary>BCP 47 for the languages of our schools; others keep their three letters, which it allows where there are no two.</summary>
    private static string TagOf(string language) => language switch
    {
        "zho" or "chi" => "zh",
        "eng" => "en",
        "bod" or "tib" => "bo",
        "iii" => "ii",
        _ => language,
    };

    internal static string NameOf(string language)
    {
        try
        {
            return CultureInfo.GetCultureInfo(TagOf(language)).NativeName.Replace('"', '\'');
        }
        catch (CultureNotFoundException)
        {
            return language;
        }
    }
}

/// <summary>A language that a lesson's sound can be heard in.</summary>
/// <param name="Language">Three letters, as in the stream.</param>
/// <param name="Name">In its own script.</param>
public sealed record SoundView(string Language, string Name);
