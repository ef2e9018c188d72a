using System.Net.Http.Headers;
using Edge.Core.Live;

namespace Edge.Box.Live;

/// <summary>Asks the relay for the lists of one rung of a lesson: compressed, only when changed, and only the newest entries while that is enough.</summary>
/// <param name="folder">Where the rung's lists lie, with a slash at its end.</param>
internal sealed class UpstreamPlaylist(string folder)
{
    private readonly Dictionary<UpstreamList, EntityTagHeaderValue> _tags = [];

    public Uri Base { get; private set; } = new(folder + "index.m3u8", UriKind.Relative);

    public PlaylistFault Fault { get; private set; }

    /// <param name="conditional">Only if it changed since it was last read.</param>
    public async Task<(ListEnd End, MediaPlaylist? List)> AskAsync(HttpClient relay, UpstreamList list, bool conditional, TimeSpan idleTimeout, TimeProvider time, CancellationToken cancellationToken)
    {
        string address = folder + list switch
        {
            UpstreamList.Delta => "index.m3u8?_HLS_skip=YES",
            UpstreamList.Window => "index.m3u8",
            _ => "recording.m3u8",
        };
        UpstreamText answer = await UpstreamText.GetAsync(relay, address, conditional ? _tags.GetValueOrDefault(list) : null, idleTimeout, time, cancellationToken);
        if (answer.End != ListEnd.Listed)
        {
            Fault = new PlaylistFault(0, "longer than any playlist");
            return (answer.End, null);
        }
        if (!PlaylistText.TryRead(answer.Text.Span, out MediaPlaylist playlist, out PlaylistFault fault))
        {
            Fault = fault;
            return (ListEnd.Garbage, null);
        }
        Base = answer.Base!;
        if (answer.Tag is not null)
            _tags[list] = answer.Tag;
        return (ListEnd.Listed, playlist);
    }

    /// <summary>What was listed could not be used: read it again next time.</summary>
    public void Forget() => _tags.Clear();
}
