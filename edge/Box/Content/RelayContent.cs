using System.Net;
using System.Net.Http.Headers;
using Edge.Core.Content;
using Edge.Core.Identity;
using Microsoft.Extensions.Options;

namespace Edge.Box.Content;

/// <summary>The relay's content over HTTP. Trouble of the link is an <see cref="IOException"/> or <see cref="HttpRequestException"/>.</summary>
public sealed class RelayContent(Func<HttpClient?> relay, IOptions<ContentOptions> options, TimeProvider time)
{
    private PartialChunk? _partial;

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
        return SendAsync(request, async (response, guard) => response.StatusCode is HttpStatusCode.NotModified or HttpStatusCode.NotFound ? null
            : await ReadAsync(response, SignedList.MaxBytes, guard), cancellationToken);
    }

    /// <summary>Asks for the root of one version.</summary>
    /// <returns>Null when there is none yet.</returns>
    public Task<byte[]?> RootAsync(long version, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, FormattableString.Invariant($"/lists/root/{version}")), async (response, guard) =>
            response.StatusCode == HttpStatusCode.NotFound ? null : await ReadAsync(response, RootChain.MaxRootBytes, guard), cancellationToken);

    /// <summary>Fetches a small object whole.</summary>
    /// <returns>Null when the relay does not have it, or sends other bytes.</returns>
    public Task<byte[]?> ObjectAsync(ChunkId id, int maxBytes, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, $"/content/{id}"), async (response, guard) =>
            response.StatusCode != HttpStatusCode.NotFound && await ReadAsync(response, maxBytes, guard) is { } bytes && ChunkId.Of(bytes) == id ? bytes : null, cancellationToken);

    /// <summary>Fetches a stretch of a volume and gives each wanted chunk to <paramref name="take"/> as soon as it is whole and verified.
    /// A chunk that the link broke off in is kept as far as it came; the next call for it goes on there, so that even a link
    /// that never lasts for one chunk gets on.</summary>
    /// <returns>Chunks whose bytes were not what their name says.</returns>
    public Task<int> RangeAsync(RangeFetch range, Func<ArrivedChunk, Task> take, CancellationToken cancellationToken)
    {
        PartialChunk? begun = _partial is { } partial && partial.Volume == range.Volume && partial.Entry == range.Chunks[0] ? partial : null;
        int from = range.OffsetBytes + (begun?.HaveBytes ?? 0);
        var request = new HttpRequestMessage(HttpMethod.Get, $"/content/{range.Volume}");
        request.Headers.Range = new RangeHeaderValue(from, range.OffsetBytes + range.LengthBytes - 1);
        return SendAsync(request, async (response, guard) =>
        {
            if (response.StatusCode == HttpStatusCode.NotFound)
                return range.Chunks.Length;
            if (response.StatusCode != HttpStatusCode.PartialContent || response.Content.Headers.ContentRange?.From != from)
                throw new HttpRequestException($"the relay answered {(int)response.StatusCode} to a range");
            await using Stream body = await response.Content.ReadAsStreamAsync(guard.Token);
            int at = range.OffsetBytes;
            int wrong = 0;
            foreach (VolumeEntry entry in range.Chunks)
            {
                await ReadExactlyAsync(body, new byte[entry.OffsetBytes - at], guard);
                PartialChunk chunk = begun ?? new PartialChunk(range.Volume, entry);
                begun = null;
                _partial = chunk;
                while (chunk.HaveBytes < entry.StoredBytes)
                    chunk.HaveBytes += await ReadSomeAsync(body, chunk.Stored.AsMemory(chunk.HaveBytes), guard);
                _partial = null;
                at = entry.OffsetBytes + entry.StoredBytes;
                if (Volume.Unpack(entry, chunk.Stored) is null)
                    wrong++;
                else
                    await take(new ArrivedChunk(entry.Id, entry.Coding, entry.LengthBytes, chunk.Stored));
            }
            return wrong;
        }, cancellationToken);
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

    /// <summary>A chunk under way. At most one is kept, in memory only.</summary>
    private sealed class PartialChunk(ChunkId volume, VolumeEntry entry)
    {
        public ChunkId Volume => volume;

        public VolumeEntry Entry => entry;

        public byte[] Stored { get; } = new byte[entry.StoredBytes];

        public int HaveBytes { get; set; }
    }
}
