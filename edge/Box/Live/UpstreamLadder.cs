using System.Collections.Immutable;
using Edge.Core.Identity;
using Edge.Core.Live;

namespace Edge.Box.Live;

/// <summary>A rung of a lesson at the relay.</summary>
/// <param name="Name">"" is the source's.</param>
/// <param name="Rate">Bits a second that a link must carry for it.</param>
internal sealed record UpstreamRung(string Name, long Rate, UpstreamPlaylist List);

/// <summary>The rungs of a lesson at the relay, the source's first, then the best. A relay that makes none has the source's only.</summary>
internal sealed class UpstreamLadder
{
    private const string Multivariant = "ladder.m3u8";
    private const string Media = "index.m3u8";

    private readonly string _lesson;

    public UpstreamLadder(string lesson)
    {
        _lesson = lesson;
        Rungs = [new UpstreamRung("", 0, new UpstreamPlaylist(FolderOf(lesson, "")))];
    }

    /// <summary>Where the lists of a rung lie.</summary>
    public static string FolderOf(string lesson, string rung) => rung.Length == 0 ? $"live/{lesson}/" : $"live/{lesson}/{rung}/";

    public ImmutableArray<UpstreamRung> Rungs { get; private set; }

    /// <summary>Looks which there are now.</summary>
    /// <returns>False when the link failed or what came is of no use; then it stays as it was.</returns>
    public async Task<bool> LookAsync(HttpClient relay, TimeSpan idleTimeout, TimeProvider time, CancellationToken cancellationToken)
    {
        UpstreamText answer = await UpstreamText.GetAsync(relay, FolderOf(_lesson, "") + Multivariant, null, idleTimeout, time, cancellationToken);
        if (answer.End != ListEnd.Listed || !PlaylistText.TryReadRenditions(answer.Text.Span, out ImmutableArray<Rendition> renditions, out _))
            return answer.End == ListEnd.Unknown;
        ImmutableArray<UpstreamRung> found = [.. renditions.Select(Rung).OfType<UpstreamRung>().DistinctBy(rung => rung.Name)];
        if (found.Any(rung => rung.Name.Length == 0))
            Rungs = found;
        return true;
    }

    /// <summary>The addresses are the relay's own, so their form is known; another would be a mistake or a stranger's.</summary>
    private UpstreamRung? Rung(Rendition rendition)
    {
        string name = rendition.Uri == Media ? "" : rendition.Uri.EndsWith("/" + Media, StringComparison.Ordinal) ? rendition.Uri[..^(Media.Length + 1)] : "/";
        if (name.Length > 0 && (name.Length > RecordingJournal.MaxRungLength || !Slug.IsValid(name)))
            return null;
        UpstreamPlaylist? known = Rungs.FirstOrDefault(rung => rung.Name == name)?.List;
        return new UpstreamRung(name, rendition.Rate, known ?? new UpstreamPlaylist(FolderOf(_lesson, name)));
    }
}
