using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Core.Live;
using TestKit;
using TestKit.Link;
using TestKit.Live;
using Xunit;

namespace Edge.Box.Tests.Live;

/// <summary>A lesson with rungs, over a link of changing width.</summary>
public sealed class RungTests : IAsyncLifetime
{
    private const string Slides = "slides";
    private const long SlidesRate = 90_000;

    private static readonly Lazy<Task<(ImmutableArray<TsSegment> Source, ImmutableArray<TsSegment> Slides)>> Minute = new(async () =>
        (SimulatedOrigin.Cut(await TestVideo.MakeAsync(60, keyFrameEvery: 50)), SimulatedOrigin.Cut(await TestVideo.SlidesAsync(60))));

    private ImmutableArray<TsSegment> _source;
    private ImmutableArray<TsSegment> _slides;
    private SimulatedOrigin _origin = null!;
    private ImpairedProxy _link = null!;

    public async ValueTask InitializeAsync()
    {
        (_source, _slides) = await Minute.Value;
        _origin = await SimulatedOrigin.StartAsync(LiveBox.Lesson);
        _origin.AddRung(Slides, SlidesRate);
        _link = ImpairedProxy.To(_origin.Port);
    }

    public async ValueTask DisposeAsync()
    {
        await _link.DisposeAsync();
        await _origin.DisposeAsync();
    }

    [Fact]
    public async Task The_lesson_plays_on_over_a_link_too_thin_for_its_picture_and_the_best_picture_comes_back()
    {
        await using LiveBox box = await LiveBox.StartAsync(_link.Port, ("LadderInterval", "00:00:01"), ("ParallelFetches", "1"), ("IdleTimeout", "00:00:04"));
        _origin.SourceRate = 250_000;
        Publish(1);
        await Eventually.TrueAsync(() => box.Published == 1);
        using var camera = new PeriodicTimer(TimeSpan.FromSeconds(0.7), TimeProvider.System);
        while (_origin.Window.Next < _source.Length && await camera.WaitForNextTickAsync())
        {
            _link.RateBytesPerSecond = _origin.Window.Next is > 4 and < 16 ? 25_000 : 300_000;
            Publish(1);
        }
        _origin.End();
        await Eventually.TrueAsync(() => box.Lessons.IsComplete(LiveBox.Lesson));

        ImmutableArray<string> rungs = await RungsShownAsync(box);
        Assert.Equal(_source.Length, rungs.Length);
        Assert.Equal(("", ""), (rungs[0], rungs[^1]));
        Assert.InRange(rungs.Count(rung => rung == Slides), 3, 20);
        MediaPlaylist list = (await box.PlaylistAsync())!;
        Assert.Equal(rungs.Zip(rungs.Skip(1), (a, b) => a != b), list.Segments.Skip(1).Select(segment => segment.Discontinuity));
        Assert.Equal(_origin.Window.Segments.Select(segment => (segment.Duration, (DateTimeOffset?)segment.ProgramTime)), list.Segments.Select(segment => (segment.Duration, segment.ProgramTime)));
        Assert.InRange(rungs.Zip(rungs.Skip(1), (a, b) => a != b).Count(changed => changed), 2, 4);
    }

    [Fact]
    public async Task What_the_rung_in_use_lacks_is_taken_from_another()
    {
        await using LiveBox box = await LiveBox.StartOnLinkAsync(_link.Port, 120_000);
        for (int i = 0; i < 8; i++)
        {
            _origin.Publish(_source[i]);
            if (i is not (3 or 4))
                _origin.PublishRung(Slides, i, _slides[i]);
        }
        await Eventually.TrueAsync(() => box.Published == 8);
        ImmutableArray<string> rungs = await RungsShownAsync(box);
        Assert.Equal([Slides, Slides, Slides, "", ""], rungs.Take(5));
    }

    [Fact]
    public async Task After_a_restart_the_rung_goes_on_without_a_break()
    {
        await using LiveBox box = await LiveBox.StartOnLinkAsync(_link.Port, 120_000);
        Publish(4);
        await Eventually.TrueAsync(() => box.Published == 4);
        await box.StopAsync();
        await box.StartAgainAsync();
        Publish(4);
        await Eventually.TrueAsync(() => box.Published == 8);
        Assert.All(await RungsShownAsync(box), rung => Assert.Equal(Slides, rung));
        Assert.All((await box.PlaylistAsync())!.Segments, segment => Assert.False(segment.Discontinuity));
    }

    [Fact]
    public async Task An_outage_longer_than_order_is_held_ends_at_the_live_edge_after_a_break()
    {
        await using LiveBox box = await LiveBox.StartAsync(_link.Port, ("MostBehind", "00:00:20"));
        Publish(1);
        await Eventually.TrueAsync(() => box.Published == 1);
        _link.Sever();
        Publish(20);
        _link.Join();
        await Eventually.TrueAsync(() => box.Published == 7);
        MediaPlaylist list = (await box.PlaylistAsync())!;
        Assert.Equal([0L, 15, 16, 17, 18, 19, 20], box.Recording!.Entries.Select(entry => entry.UpstreamSequence));
        Assert.Equal([false, true, false, false, false, false, false], list.Segments.Select(segment => segment.Discontinuity));
        Assert.Equal(_origin.Window.Segments[15].ProgramTime, list.Segments[1].ProgramTime);
    }

    private void Publish(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _origin.Publish(_source[(int)_origin.Window.Next]);
            _origin.PublishRung(Slides, _origin.Window.Next - 1, _slides[(int)_origin.Window.Next - 1]);
        }
    }

    /// <summary>From which rung each segment shown came, told by its bytes.</summary>
    private async Task<ImmutableArray<string>> RungsShownAsync(LiveBox box)
    {
        var rungs = ImmutableArray.CreateBuilder<string>();
        foreach (ListedSegment entry in (await box.PlaylistAsync())!.Segments)
        {
            ChunkId shown = ChunkId.Of(await box.Http.GetByteArrayAsync($"/live/{LiveBox.Lesson}/{entry.Uri}"));
            int number = (int)entry.Sequence;
            Assert.True(shown == ChunkId.Of(_source[number].Bytes.Span) || shown == ChunkId.Of(_slides[number].Bytes.Span));
            rungs.Add(shown == ChunkId.Of(_source[number].Bytes.Span) ? "" : Slides);
        }
        return rungs.ToImmutable();
    }
}
