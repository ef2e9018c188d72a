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

/// <summary>The text of a playlist as the relay sent it.</summary>
/// <param name="Text">Empty unless it is <see cref="ListEnd.Listed"/>.</param>
/// <param name="Base">Where it came from: addresses in it are relative to this.</param>
internal readonly record struct UpstreamText(ListEnd End, ReadOnlyMemory<byte> Text, EntityTagHeaderValue? Tag, Uri? Base)
{
    /// <summary>Asks for a text: compressed, and only if it is not the one of <paramref name="held"/>.</summary>
    public static async Task<UpstreamText> GetAsync(HttpClient relay, string address, EntityTagHeaderValue? held, TimeSpan idleTimeout, TimeProvider time, CancellationToken cancellationToken)
    {
        using var idle = new CancellationTokenSource(idleTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.AcceptEncoding.ParseAdd("gzip");
            if (held is not null)
                request.Headers.IfNoneMatch.Add(held);
            using HttpResponseMessage response = await relay.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            idle.CancelAfter(idleTimeout);
            ListEnd end = response.StatusCode switch
            {
                HttpStatusCode.OK => ListEnd.Listed,
                HttpStatusCode.NotModified => ListEnd.Unchanged,
                HttpStatusCode.ServiceUnavailable => ListEnd.NotYet,
                HttpStatusCode.NotFound or HttpStatusCode.Gone => ListEnd.Unknown,
                _ => ListEnd.Failed,
            };
            if (end != ListEnd.Listed)
                return new UpstreamText(end, default, null, null);
            return await ReadAsync(response, () => idle.CancelAfter(idleTimeout), either.Token) is { } text
                ? new UpstreamText(end, text, response.Headers.ETag, response.RequestMessage!.RequestUri) : new UpstreamText(ListEnd.Garbage, default, null, null);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or InvalidDataException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return new UpstreamText(ListEnd.Failed, default, null, null);
        }
    }

    /// <returns>Null when it is longer than any playlist.</returns>
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
