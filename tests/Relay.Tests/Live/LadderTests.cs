using System.Collections.Immutable;
using System.Diagnostics;
using Edge.Core.Content;
using Edge.Core.Live;
using Relay.Live;
using TestKit;
using TestKit.Live;
using Xunit;

namespace Relay.Tests.Live;

/// <summary>Lower rungs made by a real ffmpeg.</summary>
public sealed class LadderTests
{
    private static readonly (string, string)[] Settings = [("Ladder:Rungs", "240p slides"), ("Ladder:Encoder", "libx264")];

    [Fact]
    public async Task Every_rung_has_pictures_and_the_same_moments_under_the_same_numbers()
    {
        await using LiveRelay relay = await LiveRelay.StartAsync(Settings);
        string ingest = await relay.ScheduleAsync("fractions");
        // Just before the 33-bit clock turns over.
        await relay.SendAsync(ingest, await TestVideo.MakeAsync(12, keyFrameEvery: 50, startSeconds: "95440"));
        await relay.PostAsync("/api/lessons/fractions/end", new { });
        MediaPlaylist source = await relay.ListAsync("fractions");
        foreach (string rung in (string[])["240p", "slides"])
        {
            MediaPlaylist list = await EndedAsync(relay, rung);
            Assert.Equal((source.Origin, source.TargetDuration), (list.Origin, list.TargetDuration));
            Assert.Equal(source.Segments.Select(s => (s.Sequence, s.Duration, s.ProgramTime, s.Discontinuity, s.Uri, Gap: false)),
                list.Segments.Select(s => (s.Sequence, s.Duration, s.ProgramTime, s.Discontinuity, s.Uri, s.Gap)));
            for (int i = 0; i < list.Segments.Length; i++)
            {
                byte[] bytes = await relay.Http.GetByteArrayAsync($"/live/fractions/{rung}/{list.Segments[i].Uri}");
                TsSegmentHead head = TsSegmentHead.Read(bytes)!;
                Assert.Equal((list.Segments[i].LengthBytes, list.Segments[i].Hash), (bytes.Length, ChunkId.Of(bytes)));
                Assert.Equal(SegmentFault.None, SegmentCheck.Check(bytes));
                Assert.Equal(TsSegmentHead.Read(await relay.Http.GetByteArrayAsync($"/live/fractions/{source.Segments[i].Uri}"))!.StartTime, head.StartTime);
                Assert.Equal([true, false], head.Program.Tracks.Select(track => track.IsVideo));
                IReadOnlyList<string> pictures = await TestVideo.PictureTimesAsync(bytes);
                Assert.Equal(rung == "slides" ? 2 : 50, pictures.Count);
            }
        }
        ImmutableArray<Rendition> ladder = await LadderAsync(relay);
        Assert.Equal(["index.m3u8", "240p/index.m3u8", "slides/index.m3u8"], ladder.Select(rendition => rendition.Uri));
        Assert.InRange(ladder[2].Rate, 30_000, 90_000);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await relay.Http.GetAsync("/live/fractions/480p/index.m3u8")).StatusCode);
    }

    [Fact]
    public async Task Where_the_source_breaks_every_rung_does()
    {
        await using LiveRelay relay = await LiveRelay.StartAsync(Settings);
        string ingest = await relay.ScheduleAsync("fractions");
        byte[] video = await TestVideo.MakeAsync(5, keyFrameEvery: 50);
        await relay.SendAsync(ingest, video);
        await relay.SendAsync(ingest, video);
        await relay.PostAsync("/api/lessons/fractions/end", new { });
        MediaPlaylist list = await EndedAsync(relay, "240p");
        Assert.Equal([false, false, false, true, false, false], list.Segments.Select(segment => segment.Discontinuity));
        Assert.All(list.Segments, segment => Assert.False(segment.Gap));
    }

    [Fact]
    public async Task An_encoder_that_hangs_or_dies_is_begun_again_and_the_source_never_waits()
    {
        await using LiveRelay relay = await LiveRelay.StartAsync([.. Settings, ("Ladder:Patience", "00:00:02")]);
        string ingest = await relay.ScheduleAsync("fractions");
        ImmutableArray<TsSegment> segments = SimulatedOrigin.Cut(await TestVideo.Lesson20sAsync());
        Lesson lesson = relay.Lesson("fractions");
        var origin = relay.Get<LiveOrigin>();
        for (int i = 0; i < segments.Length; i++)
        {
            Assert.True(await origin.PublishAsync(lesson, segments[i], i == 0, CancellationToken.None));
            if (i is not (2 or 6))
                continue;
            await Eventually.TrueAsync(() => origin.Rung(lesson, "slides")?.Next == i);
            foreach (int child in Encoders())
                using (Process.Start("kill", [i == 2 ? "-STOP" : "-KILL", $"{child}"])!) { }
        }
        Assert.Equal(10, origin.Window(lesson).Next);
        await origin.EndAsync(lesson, CancellationToken.None);
        foreach (string rung in (string[])["240p", "slides"])
        {
            MediaPlaylist list = await EndedAsync(relay, rung);
            Assert.Equal(10, list.Segments.Length);
            Assert.All(list.Segments, segment => Assert.False(segment.Gap));
        }
        await Eventually.TrueAsync(() => Encoders().Length == 0);
    }

    [Fact]
    public async Task After_a_restart_the_rungs_go_on_and_what_they_lack_stays_a_gap()
    {
        await using LiveRelay relay = await LiveRelay.StartAsync(Settings);
        await relay.ScheduleAsync("fractions");
        ImmutableArray<TsSegment> segments = SimulatedOrigin.Cut(await TestVideo.Lesson20sAsync());
        Lesson lesson = relay.Lesson("fractions");
        foreach (TsSegment segment in segments.Take(4))
            await relay.Get<LiveOrigin>().PublishAsync(lesson, segment, segment == segments[0], CancellationToken.None);
        await Eventually.TrueAsync(() => relay.Get<LiveOrigin>().Rung(lesson, "slides")?.Next == 3);
        MediaPlaylist before = await relay.ListAsync("fractions", "slides/index.m3u8");
        await relay.StopAsync();
        await relay.StartAgainAsync();
        lesson = relay.Lesson("fractions");
        Assert.Equal(before.Segments.AsEnumerable(), (await relay.ListAsync("fractions", "slides/index.m3u8")).Segments);
        await relay.Get<LiveOrigin>().PublishRungAsync(lesson, "extra", 2, segments[2].Bytes, CancellationToken.None);
        MediaPlaylist late = await relay.ListAsync("fractions", "extra/index.m3u8");
        Assert.Equal([true, true, false], late.Segments.Select(segment => segment.Gap));
        await relay.Get<LiveOrigin>().PublishRungAsync(lesson, "extra", 1, segments[1].Bytes, CancellationToken.None);
        Assert.Equal(late.Segments.AsEnumerable(), (await relay.ListAsync("fractions", "extra/index.m3u8")).Segments);
        foreach (TsSegment segment in segments.Skip(4))
            await relay.Get<LiveOrigin>().PublishAsync(lesson, segment, segment == segments[4], CancellationToken.None);
        await relay.PostAsync("/api/lessons/fractions/end", new { });
        MediaPlaylist list = await EndedAsync(relay, "slides");
        Assert.Equal(before.Segments.AsEnumerable(), list.Segments.Take(3));
        Assert.All(list.Segments, segment => Assert.False(segment.Gap));
        Assert.Equal([false, false, false, false, true], list.Segments.Take(5).Select(segment => segment.Discontinuity));
    }

    private static async Task<MediaPlaylist> EndedAsync(LiveRelay relay, string rung)
    {
        MediaPlaylist? list = null;
        await Eventually.TrueAsync(async () => relay.Get<LiveOrigin>().Rung(relay.Lesson("fractions"), rung) is not null
            && (list = await relay.ListAsync("fractions", $"{rung}/index.m3u8")).Ended, TimeSpan.FromSeconds(30));
        return list!;
    }

    private static async Task<ImmutableArray<Rendition>> LadderAsync(LiveRelay relay)
    {
        Assert.True(PlaylistText.TryReadRenditions(await relay.Http.GetByteArrayAsync("/live/fractions/ladder.m3u8"), out ImmutableArray<Rendition> ladder, out PlaylistFault fault), fault.ToString());
        return ladder;
    }

    /// <summary>The ladders' encoders among the children of this process; tests of other classes have other children of ffmpeg at the same time.</summary>
    private static int[] Encoders() => Process.GetProcessesByName("ffmpeg").Select(process => process.Id).Where(id =>
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/stat").Split(") ")[1].Split(' ')[1] == $"{Environment.ProcessId}" && File.ReadAllText($"/proc/{id}/cmdline").Contains("-mpegts_copyts", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // It ended in this very moment.
            return false;
        }
    }).ToArray();
}
