using System.Net;
using System.Net.Http.Headers;
using Edge.Core.Content;
using Edge.Core.Identity;
using Microsoft.Extensions.Options;

namespace Edge.Box.Content;

/// <summary>The relay's content over HTTP. Trouble of the link is an <see cref="IOException"/> or <see cref="HttpRequestException"/>.</summary>
/// <param name="relay">Client for lists; null until the box was claimed.</param>
/// <param name="bulk">Client for the bytes of packs: its connections have small windows, and do not keep others waiting.</param>
/// <param name="told">Told the relay's time whenever it answers with one.</param>
/// <param name="options">How long a silence may last.</param>
/// <param name="time">Counts it.</param>
public sealed class RelayContent(Func<HttpClient?> relay, Func<HttpClient?> bulk, Action<DateTimeOffset> told, IOptions<ContentOptions> options, TimeProvider time) : IRangeSource
{
    /// <summary>False until the box was claimed.</summary>
    public bool IsReady => relay() is not null;

    /// <summary>Asks for a signed list.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="held">Hash of the list in force.</param>
    /// <param name="cancellationToken">Ends the transfer.</param>
    /// <returns>Null when there is none, or none other than <paramref name="held"/>.</returns>
    public Task<byte[]?> ListAsync(ListKind kind, ChunkId? held, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, kind switch { ListKind.Root => "/lists/root", ListKind.Catalogue => "/lists/catalogue", _ => "/lists/plan" });
        if (held is { } tag)
            request.Headers.IfNoneMatch.Add(new EntityTagHeaderValue($"\"{tag}\""));
        return SendAsync(request, async (response, guard) =>
        {
            if (response.Headers.Date is { } date)
                told(date);
            return response.StatusCode is HttpStatusCode.NotModified or HttpStatusCode.NotFound ? null : await ReadAsync(response, SignedList.MaxBytes, guard);
        }, cancellationToken);
    }

    /// <summary>Asks for the root of one version.</summary>
    /// <returns>Null when there is none yet.</returns>
    public Task<byte[]?> RootAsync(long version, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, FormattableString.Invariant($"/lists/root/{version}")), async (response, guard) =>
            response.StatusCode == HttpStatusCode.NotFound ? null : await ReadAsync(response, RootChain.MaxRootBytes, guard), cancellationToken);

    /// <summary>Asks for errata behind a number.</summary>
    /// <returns>Signed records; null when there are none.</returns>
    public Task<byte[]?> ErrataAsync(long after, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, FormattableString.Invariant($"/lists/errata?after={after}")), async (response, guard) =>
            response.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.NotFound ? null : await ReadAsync(response, ErratumRecords.MaxBytes, guard), cancellationToken);

    /// <inheritdoc/>
    public int MaxConnections => options.Value.MaxConnections;

    /// <inheritdoc/>
    public async Task<RangeAnswer?> OpenAsync(Piece piece, CancellationToken cancellationToken)
    {
        HttpClient client = bulk() ?? throw new IOException("the box is not claimed yet");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/content/{piece.Id}");
        request.Headers.Range = new RangeHeaderValue(piece.Span.From, piece.Span.To - 1);
        HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange is { } range && range.From == piece.Span.From && range.To == piece.Span.To - 1)
            return new RangeAnswer(await response.Content.ReadAsStreamAsync(cancellationToken), range.Length, response);
        using (response)
        {
            // Longer than the object: whoever said that it reaches so far was wrong, and asking again cannot help.
            return response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.RequestedRangeNotSatisfiable || response.Content.Headers.ContentRange?.From == piece.Span.From ? null
                : throw new HttpRequestException($"the relay answered {(int)response.StatusCode} to a range");
        }
    }

    private async Task<T> SendAsync<T>(HttpRequestMessage request, Func<HttpResponseMessage, StallGuard, Task<T>> read, CancellationToken cancellationToken)
    {
        HttpClient client = relay() ?? throw new IOException("the box is not claimed yet");
        using var guard = new StallGuard(options.Value.StallTime, options.Value.StallBytes, time, cancellationToken);
        try
        {
            using (request)
            {
                using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, guard.Token);
                return await read(response, guard);
            }
        }
        catch (Exception e) when (guard.IsStall(e))
        {
            throw new IOException("the link stalled");
        }
    }

    private static async Task<byte[]?> ReadAsync(HttpResponseMessage response, int maxBytes, StallGuard guard)
    {
        response.EnsureSuccessStatusCode();
        if (response.Content.Headers.ContentLength is not { } length || length > maxBytes)
            throw new HttpRequestException("the relay's answer has no length, or is too long");
        byte[] bytes = new byte[length];
        await using Stream body = await response.Content.ReadAsStreamAsync(guard.Token);
        await ReadExactlyAsync(body, bytes, guard);
        return bytes;
    }

    private static async Task ReadExactlyAsync(Stream body, Memory<byte> bytes, StallGuard guard)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await ReadSomeAsync(body, bytes, guard)..];
    }

    private static async Task<int> ReadSomeAsync(Stream body, Memory<byte> bytes, StallGuard guard)
    {
        int read = await body.ReadAsync(bytes, guard.Token);
        if (read == 0)
            throw new IOException("the relay broke off");
        guard.Progress(read);
        return read;
    }
}
