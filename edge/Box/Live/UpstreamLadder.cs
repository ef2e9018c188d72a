using System.Collections.Immutable;
using System.Globalization;
using Edge.Core.Content;
using Edge.Core.Identity;
using Edge.Core.Live;

namespace Edge.Box.Live;

/// <summary>A rung of a lesson.</summary>
/// <param name="Name">"" is the source's, or the only one.</param>
/// <param name="Rate">Bits a second that a link must carry for it.</param>
internal sealed record UpstreamRung(string Name, long Rate, UpstreamPlaylist List);

/// <summary>The rungs of a lesson, the source's first, then the best. A relay that makes none has the source's only; another house may have one playlist only.</summary>
internal sealed class UpstreamLadder
{
    private const string Multivariant = "ladder.m3u8";
    private const string Media = "index.m3u8";

    private readonly string _lesson;
    private readonly Uri? _foreign;

    public UpstreamLadder(PlannedLesson lesson)
    {
        _lesson = lesson.Id;
        _foreign = lesson.Hls is { } address ? new Uri(address) : null;
        Rungs = [new UpstreamRung("", 0, _foreign is null ? new UpstreamPlaylist(FolderOf(_lesson, "")) : new UpstreamPlaylist(_foreign))];
    }

    /// <summary>Of another house: there numbers of rungs need not agree.</summary>
    public bool IsForeign => _foreign is not null;

    /// <summary>It has one rung for good.</summary>
    public bool IsSettled { get; private set; }

    /// <summary>The sound of its rungs lies in lists of its own, which are not fetched.</summary>
    public bool IsSilent { get; private set; }

    /// <summary>May this be fetched? From the relay only what is the relay's: an address elsewhere would show this box's certificate to a stranger. Another house may have its files anywhere but on this machine.</summary>
    public bool Allows(Uri address, Uri? relay) => _foreign is null ? address.Authority == relay?.Authority && address.Scheme == relay.Scheme
        : address.Scheme is "http" or "https" && (!address.IsLoopback || _foreign.IsLoopback);

    /// <summary>Where the lists of a rung lie.</summary>
    public static string FolderOf(string lesson, string rung) => rung.Length == 0 ? $"live/{lesson}/" : $"live/{lesson}/{rung}/";

    public ImmutableArray<UpstreamRung> Rungs { get; private set; }

    /// <summary>Looks which there are now.</summary>
    /// <returns>False when the link failed or what came is of no use; then it stays as it was.</returns>
    public async Task<bool> LookAsync(HttpClient upstream, TimeSpan idleTimeout, TimeProvider time, CancellationToken cancellationToken)
    {
        if (IsSettled)
            return true;
        UpstreamText answer = await UpstreamText.GetAsync(upstream, _foreign?.AbsoluteUri ?? FolderOf(_lesson, "") + Multivariant, null, idleTimeout, time, cancellationToken);
        if (answer.End != ListEnd.Listed)
            return answer.End == ListEnd.Unknown;
        if (!PlaylistText.TryReadMultivariant(answer.Text.Span, out MultivariantPlaylist playlist, out _))
        {
            IsSettled = _foreign is not null && PlaylistText.TryRead(answer.Text.Span, out _, out _);
            return IsSettled;
        }
        ImmutableArray<UpstreamRung> found = [.. (_foreign is null ? playlist.Renditions.Select(Rung) : playlist.Rungs().Select(rendition => Foreign(rendition, answer.Base!))).OfType<UpstreamRung>().DistinctBy(rung => rung.Name)];
        if (found.Any(rung => rung.Name.Length == 0) || (_foreign is not null && !found.IsEmpty))
            Rungs = found;
        IsSilent = _foreign is not null && playlist.Rungs() is { IsEmpty: false } rungs && playlist.HasSoundElsewhere(rungs[0]);
        return true;
    }

    /// <summary>Named by its rate: that stays when others come or go.</summary>
    private UpstreamRung? Foreign(Rendition rendition, Uri from)
    {
        if (!Uri.TryCreate(from, rendition.Uri, out Uri? address) || !Allows(address, null))
            return null;
        string name = string.Create(CultureInfo.InvariantCulture, $"{Math.Min(rendition.BitsPerSecond / 1000, 999_999_999)}k");
        UpstreamPlaylist? known = Rungs.FirstOrDefault(rung => rung.Name == name)?.List;
        return new UpstreamRung(name, rendition.Rate, known ?? new UpstreamPlaylist(address));
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
