using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using Edge.Core.Live;

namespace Edge.Box.Live;

/// <summary>What asking for a playlist brought.</summary>
internal enum ListEnd
{
    /// <summary>A list.</summary>
    Listed,

    /// <summary>The list as it was.</summary>
    Unchanged,

    /// <summary>The relay has nothing yet.</summary>
    NotYet,

    /// <summary>The relay knows no such lesson, or it is not for this school.</summary>
    Unknown,

    /// <summary>Something came that is no playlist we can use.</summary>
    Garbage,

    /// <summary>The link failed.</summary>
    Failed,
}

/// <summary>Asks the relay for the lists of one lesson: compressed, only when changed, and only the newest entries while that is enough.</summary>
internal sealed class UpstreamPlaylist(string lesson)
{
    private readonly Dictionary<UpstreamList, EntityTagHeaderValue> _tags = [];

    public Uri Base { get; private set; } = new($"live/{lesson}/index.m3u8", UriKind.Relative);

    public PlaylistFault Fault { get; private set; }

    /// <param name="conditional">Only if it changed since it was last read.</param>
    public async Task<(ListEnd End, MediaPlaylist? List)> AskAsync(HttpClient relay, UpstreamList list, bool conditional, TimeSpan idleTimeout, TimeProvider time, CancellationToken cancellationToken)
    {
        using var idle = new CancellationTokenSource(idleTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, list switch
            {
                UpstreamList.Delta => $"live/{lesson}/index.m3u8?_HLS_skip=YES",
                UpstreamList.Window => $"live/{lesson}/index.m3u8",
                _ => $"live/{lesson}/recording.m3u8",
            });
            request.Headers.AcceptEncoding.ParseAdd("gzip");
            if (conditional && _tags.TryGetValue(list, out EntityTagHeaderValue? tag))
                request.Headers.IfNoneMatch.Add(tag);
            using HttpResponseMessage response = await relay.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            idle.CancelAfter(idleTimeout);
            switch (response.StatusCode)
            {
                case HttpStatusCode.OK:
                    break;
                case HttpStatusCode.NotModified:
                    return (ListEnd.Unchanged, null);
                case HttpStatusCode.ServiceUnavailable:
                    return (ListEnd.NotYet, null);
                case HttpStatusCode.NotFound or HttpStatusCode.Gone:
                    return (ListEnd.Unknown, null);
                default:
                    return (ListEnd.Failed, null);
            }
            PlaylistFault fault = new(0, "longer than any playlist");
            MediaPlaylist? playlist = null;
            if (await ReadAsync(response, () => idle.CancelAfter(idleTimeout), either.Token) is not { } text || !PlaylistText.TryRead(text.Span, out playlist, out fault))
            {
                Fault = fault;
                return (ListEnd.Garbage, null);
            }
            Base = response.RequestMessage!.RequestUri!;
            if (response.Headers.ETag is { } fresh)
                _tags[list] = fresh;
            return (ListEnd.Listed, playlist);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or InvalidDataException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return (ListEnd.Failed, null);
        }
    }

    /// <summary>What was listed could not be used: read it again next time.</summary>
    public void Forget() => _tags.Clear();

    private static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpResponseMessage response, Action progress, CancellationToken cancellationToken)
    {
        Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        await using Stream plain = response.Content.Headers.ContentEncoding.Contains("gzip") ? new GZipStream(body, CompressionMode.Decompress) : body;
        using var text = new MemoryStream();
        byte[] buffer = new byte[16 << 10];
        int read;
        while ((read = await plain.ReadAsync(buffer, cancellationToken)) > 0)
        {
            progress();
            if (text.Length + read > PlaylistText.MaxBytes)
                return null;
            text.Write(buffer, 0, read);
        }
        return text.GetBuffer().AsMemory(0, (int)text.Length);
    }
}
