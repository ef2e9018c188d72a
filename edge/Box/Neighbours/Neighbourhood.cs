using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using Edge.Box.Content;
using Edge.Box.Identity;
using Edge.Core.Content;
using Microsoft.Extensions.Options;

namespace Edge.Box.Neighbours;

/// <summary>The other boxes on this LAN: who is there, how they did, and fetching from them. Whatever they give is checked by its hash, so none of them has to be trusted.</summary>
public sealed class Neighbourhood : IDisposable
{
    private readonly ConcurrentDictionary<string, Neighbour> _found = [];
    private readonly ConcurrentDictionary<string, NeighbourRecord> _records = [];
    private readonly HttpClient _http = new(new ConnectionFaults(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(2), UseProxy = false, AllowAutoRedirect = false, MaxConnectionsPerServer = 1 })) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly NeighbourOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<Neighbourhood> _log;
    private readonly long _started;
    private long _givenBytes;

    public Neighbourhood(IOptions<NeighbourOptions> options, TimeProvider time, ILogger<Neighbourhood> log)
    {
        (_options, _time, _log, _started) = (options.Value, time, log, time.GetTimestamp());
        foreach (string known in _options.KnownHosts)
        {
            var address = new Uri($"http://{known}/");
            _found[known] = new Neighbour(known, address.Host, address.Port);
        }
    }

    /// <summary>Those that are there now.</summary>
    public IReadOnlyCollection<Neighbour> Found => [.. _found.Values];

    /// <summary>Bytes that neighbours gave since the start.</summary>
    public long GivenBytes => Interlocked.Read(ref _givenBytes);

    internal void Add(Neighbour neighbour)
    {
        if (_found.TryGetValue(neighbour.Name, out Neighbour? before) && before == neighbour)
            return;
        _found[neighbour.Name] = neighbour;
        _log.NeighbourFound(neighbour.Name, neighbour.Host, neighbour.Port);
    }

    internal void Remove(string name)
    {
        if (_found.TryRemove(name, out _))
            _log.NeighbourGone(name);
    }

    /// <summary>Asks neighbours for what is missing and hands what they have, verified, to <paramref name="keep"/>. Returns when they have no more; the WAN does the rest.</summary>
    /// <param name="missing">Chunks and objects.</param>
    /// <param name="keep">Puts them on disk.</param>
    /// <param name="cancellationToken">Ends the transfer; what came is kept.</param>
    /// <exception cref="IOException">This box's disk.</exception>
    public async Task FetchAsync(IReadOnlyCollection<ChunkId> missing, Func<IReadOnlyList<ArrivedChunk>, Task> keep, CancellationToken cancellationToken)
    {
        if (_found.IsEmpty || missing.Count == 0)
            return;
        var left = new HashSet<ChunkId>(missing);
        foreach (Neighbour neighbour in NeighbourRule.Order(_found.Values, RecordOf, Now, _options.ForgetAfter))
        {
            if (left.Count == 0)
                return;
            await FetchFromAsync(neighbour, [.. missing.Where(left.Contains)], left, keep, cancellationToken);
        }
    }

    public void Dispose() => _http.Dispose();

    private TimeSpan Now => _time.GetElapsedTime(_started);

    private NeighbourRecord RecordOf(Neighbour neighbour) => _records.GetValueOrDefault(neighbour.Name);

    private async Task FetchFromAsync(Neighbour neighbour, ImmutableArray<ChunkId> wanted, HashSet<ChunkId> left, Func<IReadOnlyList<ArrivedChunk>, Task> keep, CancellationToken cancellationToken)
    {
        long bytes = 0;
        int chunks = 0;
        TimeSpan busy = TimeSpan.Zero;
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using ITimer alarm = _time.CreateTimer(_ => Cancel(silence), null, _options.Patience, Timeout.InfiniteTimeSpan);
        void Heard() => alarm.Change(_options.Patience, Timeout.InfiniteTimeSpan);
        try
        {
            for (int at = 0; at < wanted.Length; at += NeighbourQuestion.MostAsked)
            {
                ChunkId[] asked = [.. wanted.Skip(at).Take(NeighbourQuestion.MostAsked)];
                if (await HeldAsync(neighbour, asked, Heard, silence.Token) is not { } held)
                    return;
                foreach (ChunkId[] part in held.Chunk(NeighbourQuestion.MostWanted))
                {
                    long began = _time.GetTimestamp();
                    List<ArrivedChunk> arrived = await ChunksAsync(neighbour, part, Heard, silence.Token);
                    busy += _time.GetElapsedTime(began);
                    await keep(arrived);
                    Heard();
                    long came = arrived.Sum(chunk => (long)chunk.LengthBytes);
                    bytes += came;
                    chunks += arrived.Count;
                    Interlocked.Add(ref _givenBytes, came);
                    left.ExceptWith(arrived.Select(chunk => chunk.Id));
                    if (arrived.Count < part.Length)
                        throw new InvalidDataException("it gave less than it had said");
                    if (busy > _options.Patience && bytes / busy.TotalSeconds < _options.LeastBytesPerSecond)
                        throw new InvalidDataException("it is slower than the WAN should be");
                }
            }
            if (chunks > 0)
            {
                Note(neighbour, NeighbourDeed.Gave, bytes / Math.Max(busy.TotalSeconds, 0.001), "");
                _log.NeighbourGave(neighbour.Name, chunks, bytes);
            }
        }
        catch (LyingNeighbourException e)
        {
            Note(neighbour, NeighbourDeed.Lied, 0, e.Message);
        }
        catch (Exception e) when (e is HttpRequestException or HttpIOException or InvalidDataException or NeighbourLostException || e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            Note(neighbour, NeighbourDeed.Failed, 0, e is OperationCanceledException ? "it fell silent" : e.Message);
        }
    }

    /// <returns>Null when the neighbour has enough to do: no fault of its.</returns>
    private async Task<ImmutableArray<ChunkId>?> HeldAsync(Neighbour neighbour, ChunkId[] asked, Action heard, CancellationToken cancellationToken)
    {
        using HttpResponseMessage? response = await AskAsync(neighbour, "held", asked, cancellationToken);
        if (response is null)
            return null;
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        byte[] bits = new byte[(asked.Length + 7) / 8];
        await ReadAsync(body, bits, heard, cancellationToken);
        return NeighbourQuestion.ReadHeld(asked, bits);
    }

    private async Task<List<ArrivedChunk>> ChunksAsync(Neighbour neighbour, ChunkId[] wanted, Action heard, CancellationToken cancellationToken)
    {
        var arrived = new List<ArrivedChunk>(wanted.Length);
        using HttpResponseMessage? response = await AskAsync(neighbour, "chunks", wanted, cancellationToken);
        if (response is null)
            return arrived;
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        byte[] head = new byte[sizeof(int)];
        foreach (ChunkId id in wanted)
        {
            await ReadAsync(body, head, heard, cancellationToken);
            int length = BinaryPrimitives.ReadInt32BigEndian(head);
            if (length == 0)
                continue;
            if (length is < 0 or > ContentLimits.MaxChunkBytes)
                throw new LyingNeighbourException("it gave a length that cannot be");
            byte[] bytes = new byte[length];
            await ReadAsync(body, bytes, heard, cancellationToken);
            if (ChunkId.Of(bytes) != id)
                throw new LyingNeighbourException("it gave other bytes than the name says");
            arrived.Add(ArrivedChunk.Plain(id, bytes));
        }
        return arrived;
    }

    private async Task<HttpResponseMessage?> AskAsync(Neighbour neighbour, string what, ChunkId[] names, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new UriBuilder("http", neighbour.Host, neighbour.Port, $"neighbour/{what}").Uri) { Content = new ByteArrayContent(NeighbourQuestion.ToBytes(names)) };
        HttpResponseMessage response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.IsSuccessStatusCode)
            return response;
        HttpStatusCode status = response.StatusCode;
        response.Dispose();
        return status == HttpStatusCode.ServiceUnavailable ? null : throw new InvalidDataException($"it answered {(int)status}");
    }

    private static async Task ReadAsync(Stream body, Memory<byte> bytes, Action heard, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            int read;
            try
            {
                read = await body.ReadAsync(bytes, cancellationToken);
            }
            catch (IOException e)
            {
                throw new NeighbourLostException(e.Message, e);
            }
            if (read == 0)
                throw new NeighbourLostException("it broke off", null);
            heard();
            bytes = bytes[read..];
        }
    }

    private void Note(Neighbour neighbour, NeighbourDeed deed, double bytesPerSecond, string reason)
    {
        NeighbourRecord record = RecordOf(neighbour);
        // What it did long ago is forgotten before this is counted.
        if (record.Strikes > 0 && Now - record.StruckAt >= _options.ForgetAfter)
            record = record with { Strikes = 0 };
        _records[neighbour.Name] = record = record.With(deed, bytesPerSecond, Now);
        if (deed != NeighbourDeed.Gave)
            _log.NeighbourStruck(neighbour.Name, deed, reason, record.Strikes);
    }

    private static void Cancel(CancellationTokenSource silence)
    {
        try
        {
            silence.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended at this very moment.
        }
    }

    private sealed class LyingNeighbourException(string message) : Exception(message);

    private sealed class NeighbourLostException(string message, Exception? cause) : Exception(message, cause);
}
