using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Core.Live;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace TestKit.Live;

/// <summary>The relay's side of a live lesson over real HTTP: lists and segments as docs/protocol.md has them, under the test's control.
/// Segments are cut from a real stream; the test publishes them one by one.</summary>
public sealed class SimulatedOrigin : IAsyncDisposable
{
    public static readonly TimeSpan Target = TimeSpan.FromSeconds(4);
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);

    private readonly string _lesson;
    private readonly Lock _gate = new();
    private WebApplication? _app;
    private ImmutableArray<ReadOnlyMemory<byte>> _segments = [];
    private ImmutableSortedDictionary<string, SimulatedRung> _rungs = ImmutableSortedDictionary<string, SimulatedRung>.Empty;

    private SimulatedOrigin(string lesson) => _lesson = lesson;

    public int Port { get; private set; }

    public PlaylistWindow Window { get; private set; } = PlaylistWindow.Start(Target);

    /// <summary>Name of the numbering.</summary>
    public string Origin { get; set; } = "origin-1";

    /// <summary>What the live list keeps.</summary>
    public TimeSpan Keep { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>Sent in place of every list, when set.</summary>
    public string? Garbage { get; set; }

    /// <summary>May change a segment's bytes on their way out.</summary>
    public Func<long, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> Served { get; set; } = (_, bytes) => bytes;

    /// <summary>Is <c>recording.m3u8</c> offered?</summary>
    public bool HasRecording { get; set; } = true;

    public static async Task<SimulatedOrigin> StartAsync(string lesson)
    {
        var origin = new SimulatedOrigin(lesson);
        await origin.StartAgainAsync();
        return origin;
    }

    /// <summary>Cuts a stream as the relay does.</summary>
    public static ImmutableArray<TsSegment> Cut(byte[] stream)
    {
        var segmenter = new TsSegmenter(new TsSegmenterLimits(Target / 2, 8 << 20));
        return [.. segmenter.Push(stream), .. segmenter.Finish()];
    }

    public void Publish(TsSegment segment, bool broken = false)
    {
        lock (_gate)
        {
            _segments = _segments.Add(segment.Bytes);
            Window = Window.With(new Segment(Window.Next, segment.Duration, Window.Last?.ProgramEnd ?? Start, broken || segment.Discontinuity, segment.Bytes.Length, ChunkId.Of(segment.Bytes.Span)));
        }
    }

    public void End()
    {
        lock (_gate)
        {
            Window = Window.End();
            _rungs = _rungs.ToImmutableSortedDictionary(rung => rung.Key, rung => rung.Value with { Window = rung.Value.Window.WithGaps(Window, Window.Next).End() });
        }
    }

    /// <summary>Rate of the source as the multivariant playlist has it.</summary>
    public long SourceRate { get; set; } = 400_000;

    /// <summary>What captioners sent.</summary>
    public ImmutableArray<Caption> Captions { get; set; } = [];

    /// <summary>Offers a lower rung.</summary>
    public void AddRung(string name, long rate)
    {
        lock (_gate)
            _rungs = _rungs.Add(name, new SimulatedRung(rate, PlaylistWindow.Start(Target), ImmutableDictionary<long, ReadOnlyMemory<byte>>.Empty));
    }

    /// <summary>Publishes what a lower rung has of the source's segment; what it lacks before becomes gaps.</summary>
    public void PublishRung(string name, long sequence, TsSegment segment)
    {
        lock (_gate)
        {
            SimulatedRung rung = _rungs[name];
            Segment entry = Window.Segments[(int)sequence] with { LengthBytes = segment.Bytes.Length, Hash = ChunkId.Of(segment.Bytes.Span) };
            _rungs = _rungs.SetItem(name, rung with { Window = rung.Window.WithGaps(Window, sequence).With(entry), Bytes = rung.Bytes.Add(sequence, segment.Bytes) });
        }
    }

    /// <summary>Loses everything and begins a new numbering.</summary>
    public void Forget(string origin)
    {
        lock (_gate)
            (Window, _segments, _rungs, Origin) = (PlaylistWindow.Start(Target), [], ImmutableSortedDictionary<string, SimulatedRung>.Empty, origin);
    }

    /// <summary>All bytes published so far, in order.</summary>
    public byte[] Bytes => [.. _segments.SelectMany(segment => segment.ToArray())];

    public async Task StartAgainAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{Port}");
        _app = builder.Build();
        _app.MapGet("/live/{lesson}/index.m3u8", (string lesson, HttpContext context) => List(context, lesson, () =>
            Window.Newest(Keep, Origin, TimeSpan.Zero, context.Request.Query["_HLS_skip"] == "YES", withHashes: true)));
        _app.MapGet("/live/{lesson}/captions", (string lesson, long after) => lesson != _lesson || Captions.All(caption => caption.Number <= after)
            ? Results.NoContent() : Results.Bytes([.. Captions.Where(caption => caption.Number > after).SelectMany(CaptionLine.Write)]));
        _app.MapGet("/live/{lesson}/recording.m3u8", (string lesson, HttpContext context) =>
            HasRecording ? List(context, lesson, () => Window.Whole(Origin, withHashes: true)) : Results.NotFound());
        _app.MapGet("/live/{lesson}/{sequence:int}.ts", (string lesson, int sequence) => lesson == _lesson && sequence < _segments.Length
            ? Results.Bytes(Served(sequence, _segments[sequence]), "video/mp2t", enableRangeProcessing: true, entityTag: new EntityTagHeaderValue($"\"{Window.Segments[sequence].Hash}\""))
            : Results.NotFound());
        _app.MapGet("/live/{lesson}/ladder.m3u8", (string lesson) => lesson != _lesson || _rungs.IsEmpty ? Results.NotFound() : Results.Text(PlaylistText.WriteRenditions(
            [new Rendition("index.m3u8", SourceRate, null, null, null), .. _rungs.Select(rung => new Rendition($"{rung.Key}/index.m3u8", rung.Value.Rate, null, null, null)).OrderByDescending(rung => rung.Rate)])));
        _app.MapGet("/live/{lesson}/{rung}/index.m3u8", (string lesson, string rung, HttpContext context) => _rungs.TryGetValue(rung, out SimulatedRung? found) ? List(context, lesson, () =>
            found.Window.Newest(Keep, Origin, TimeSpan.Zero, context.Request.Query["_HLS_skip"] == "YES", withHashes: true)) : Results.NotFound());
        _app.MapGet("/live/{lesson}/{rung}/recording.m3u8", (string lesson, string rung, HttpContext context) =>
            HasRecording && _rungs.TryGetValue(rung, out SimulatedRung? found) ? List(context, lesson, () => found.Window.Whole(Origin, withHashes: true)) : Results.NotFound());
        _app.MapGet("/live/{lesson}/{rung}/{sequence:int}.ts", (string lesson, string rung, int sequence) => _rungs.TryGetValue(rung, out SimulatedRung? found) && found.Bytes.TryGetValue(sequence, out ReadOnlyMemory<byte> bytes)
            ? Results.Bytes(bytes, "video/mp2t", enableRangeProcessing: true, entityTag: new EntityTagHeaderValue($"\"{ChunkId.Of(bytes.Span)}\""))
            : Results.NotFound());
        await _app.StartAsync();
        Port = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
    }

    public async Task StopAsync()
    {
        await _app!.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private IResult List(HttpContext context, string lesson, Func<MediaPlaylist> list)
    {
        if (lesson != _lesson)
            return Results.NotFound();
        if (Garbage is { } garbage)
            return Results.Text(garbage);
        PlaylistBody body;
        lock (_gate)
        {
            if (Window.Last is null || list() is not { Segments.IsEmpty: false } listed)
                return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
            body = PlaylistBody.Of(PlaylistText.Write(listed));
        }
        context.Response.Headers.ContentEncoding = "gzip";
        return Results.Bytes(body.Gzip, PlaylistBody.ContentType, entityTag: new EntityTagHeaderValue(body.GzipTag));
    }
}

/// <param name="Rate">As the multivariant playlist has it.</param>
internal sealed record SimulatedRung(long Rate, PlaylistWindow Window, ImmutableDictionary<long, ReadOnlyMemory<byte>> Bytes);
