using System.Net.Http.Headers;
using Edge.Core.Live;

namespace Edge.Box.Live;

/// <summary>Asks for the lists of one rung of a lesson: compressed, only when changed, and only the newest entries while that is enough.</summary>
internal sealed class UpstreamPlaylist
{
    private readonly Dictionary<UpstreamList, EntityTagHeaderValue> _tags = [];
    private readonly string? _folder;
    private readonly Uri? _foreign;
    private MediaPlaylist? _former;

    /// <param name="folder">Where the rung's lists lie at the relay, with a slash at its end.</param>
    public UpstreamPlaylist(string folder) => (_folder, Base) = (folder, new Uri(folder + "index.m3u8", UriKind.Relative));

    /// <param name="foreign">The only list of a rung of another house.</param>
    public UpstreamPlaylist(Uri foreign) => (_foreign, Base) = (foreign, foreign);

    public Uri Base { get; private set; }

    public PlaylistFault Fault { get; private set; }

    /// <param name="conditional">Only if it changed since it was last read.</param>
    public async Task<(ListEnd End, MediaPlaylist? List)> AskAsync(HttpClient upstream, UpstreamList list, bool conditional, TimeSpan idleTimeout, TimeProvider time, CancellationToken cancellationToken)
    {
        if (AddressOf(list) is not { } address)
            return (ListEnd.Unknown, null);
        UpstreamText answer = await UpstreamText.GetAsync(upstream, address, conditional ? _tags.GetValueOrDefault(list) : null, idleTimeout, time, cancellationToken);
        if (answer.End != ListEnd.Listed)
        {
            Fault = new PlaylistFault(0, "longer than any playlist");
            return (answer.End, null);
        }
        if (!PlaylistText.TryRead(answer.Text.Span, _former, out MediaPlaylist playlist, out PlaylistFault fault))
        {
            Fault = fault;
            _former = null;
            return (ListEnd.Garbage, null);
        }
        // What a foreign delta update leaves out may say what its entries are parts of.
        if (_foreign is not null && playlist.Skipped > 0 && !(playlist.FirstListed <= _former?.Next && playlist.FirstListed > _former.FirstListed))
        {
            _former = null;
            return await AskAsync(upstream, UpstreamList.Window, conditional: false, idleTimeout, time, cancellationToken);
        }
        _former = playlist;
        Base = answer.Base!;
        if (answer.Tag is not null)
            _tags[list] = answer.Tag;
        return (ListEnd.Listed, playlist);
    }

    /// <returns>Null when there is no such list.</returns>
    private string? AddressOf(UpstreamList list) => list switch
    {
        UpstreamList.Recording when _foreign is not null => null,
        UpstreamList.Delta when _foreign is { } foreign && _former is { SkipUntil: not null } => $"{foreign.AbsoluteUri}{(foreign.Query.Length == 0 ? '?' : '&')}_HLS_skip=YES",
        _ when _foreign is { } foreign => foreign.AbsoluteUri,
        UpstreamList.Delta => _folder + "index.m3u8?_HLS_skip=YES",
        UpstreamList.Window => _folder + "index.m3u8",
        _ => _folder + "recording.m3u8",
    };

    /// <summary>What was listed could not be used: read it again next time.</summary>
    public void Forget() => _tags.Clear();
}
