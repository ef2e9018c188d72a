using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Edge.Core.Live;
using Relay.Live;
using TestKit;
using TestKit.Live;
using Xunit;

namespace Relay.Tests.Live;

/// <summary>C018: real encoders, and a real decoder that tells by its tone which sound classes hear.</summary>
public sealed class SpareSoundTests
{
    private const string Lesson = "fractions";
    private const string Picture = "testsrc2=size=160x90:rate=25";
    private const string SpareTone = "sine=frequency=880:sample_rate=44100";

    private static readonly (char, double)[] Tones = [('a', 440), ('b', 880)];

    [Fact]
    public async Task Sound_that_stops_is_replaced_by_the_spare_until_that_is_gone()
    {
        await using LiveRelay relay = await LiveRelay.StartWithRoadsAsync([]);
        string main = await relay.ScheduleAsync(Lesson);
        string room = await SpareAsync(relay);
        await using LiveEncoder teacher = await SendAsync(relay, main, "sine=frequency=440:sample_rate=48000:duration=6");
        await using (LiveEncoder omni = await LiveEncoder.StartSoundAsync(SpareTone, To(relay, room)))
        {
            await HeardAsync(relay, "room");
            await relay.PublishedAsync(Lesson, relay.Published(Lesson) + 4);
            string heard = await TestTones.HeardAsync(await PublishedAsync(relay), 10, Tones);
            TestContext.Current.TestOutputHelper?.WriteLine(heard);
            Assert.Matches(@"^\.?a{30,}\.{1,45}b{30,}\.?$", heard);
            Assert.Single((await relay.ListAsync(Lesson)).Segments, segment => segment.Discontinuity);
        }
        await HeardAsync(relay, Camera.Main);
        Assert.Equal([(SoundChange.SpareGone, "main"), (SoundChange.Lost, "room")], await EventsAsync(relay));
    }

    [Fact]
    public async Task A_microphone_that_goes_silent_is_replaced_while_somebody_speaks_and_comes_back()
    {
        await using LiveRelay relay = await LiveRelay.StartWithRoadsAsync([]);
        string main = await relay.ScheduleAsync(Lesson);
        string room = await SpareAsync(relay);
        await using LiveEncoder teacher = await SendAsync(relay, main, "sine=frequency=440:sample_rate=48000,volume='if(between(t,8,16),0,1)':eval=frame");
        await using LiveEncoder omni = await LiveEncoder.StartSoundAsync(SpareTone, To(relay, room));
        await Eventually.TrueAsync(() => relay.Cameras(Lesson).All(camera => camera.Level is { Mean: > -40 and < 0, Peak: < 0 }));
        await HeardAsync(relay, "room");
        await Eventually.TrueAsync(() => relay.Cameras(Lesson)[0].Level is { Mean: < SoundWatch.SilentBelow });
        await HeardAsync(relay, Camera.Main);
        await relay.PublishedAsync(Lesson, relay.Published(Lesson) + 3);
        string heard = await TestTones.HeardAsync(await PublishedAsync(relay), 10, Tones);
        TestContext.Current.TestOutputHelper?.WriteLine(heard);
        Assert.Matches(@"^\.?a{30,}\.{1,60}b{50,}\.?a{10,}\.?$", heard);
        Assert.Equal([(SoundChange.Back, "main"), (SoundChange.Silent, "room")], await EventsAsync(relay));
        Assert.Equal(2, (await relay.ListAsync(Lesson)).Segments.Count(segment => segment.Discontinuity));
    }

    /// <summary>Picture and sound of one clock come by two connections, the sound with time stamps of its own: a beep at each key frame, once a second.</summary>
    [Fact]
    public async Task Lips_and_sound_stay_together()
    {
        await using LiveRelay relay = await LiveRelay.StartWithRoadsAsync([]);
        string main = await relay.ScheduleAsync(Lesson);
        string room = await SpareAsync(relay);
        await using LiveEncoder both = await LiveEncoder.StartApartAsync(Picture, "aevalsrc='if(lt(mod(t,1),0.3),0.5*sin(2*PI*1000*t),0)':s=48000", To(relay, main), ["-output_ts_offset", "5000", .. To(relay, room)]);
        await HeardAsync(relay, "room");
        await relay.PublishedAsync(Lesson, relay.Published(Lesson) + 6);
        ImmutableArray<ListedSegment> segments = (await relay.ListAsync(Lesson)).Segments;
        int first = segments.IndexOf(segments.Single(segment => segment.Discontinuity));
        string heard = await TestTones.HeardAsync(await PublishedAsync(relay, first), 50, ('x', 1000));
        // The first beep may have begun before the spare did.
        double[] beeps = [.. Enumerable.Range(1, heard.Length - 1).Where(i => heard[i] == 'x' && heard[i - 1] == '.').Skip(1).Select(i => i / 50.0)];
        Assert.InRange(beeps.Length, 4, 20);
        double[] off = [.. beeps.Select(at => at - Math.Round(at))];
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join(" ", off));
        Assert.All(off, seconds => Assert.InRange(seconds, -0.125, 0.125));
    }

    [Fact]
    public async Task A_lesson_has_one_spare_and_keeps_it()
    {
        await using LiveRelay relay = await LiveRelay.StartAsync();
        await relay.ScheduleAsync(Lesson);
        await SpareAsync(relay);
        await PutAsync(relay, "desk", spare: true);
        Assert.Equal(["desk"], relay.Cameras(Lesson).Where(camera => camera.Camera.Spare).Select(camera => camera.Camera.Id));
        await relay.StopAsync();
        await relay.StartAgainAsync();
        Assert.Equal(["desk"], relay.Cameras(Lesson).Where(camera => camera.Camera.Spare).Select(camera => camera.Camera.Id));
        await PutAsync(relay, "desk", spare: false);
        Assert.DoesNotContain(relay.Cameras(Lesson), camera => camera.Camera.Spare);
        Assert.Empty(await EventsAsync(relay));
        Assert.Equal(HttpStatusCode.NotFound, (await relay.Http.GetAsync("/api/lessons/nothing/events")).StatusCode);
    }

    private static string[] To(LiveRelay relay, string ingest) => ["-f", "mpegts", "-method", "POST", new Uri(relay.Http.BaseAddress!, ingest).ToString()];

    private static Task<LiveEncoder> SendAsync(LiveRelay relay, string ingest, string sound) => LiveEncoder.StartAsync(Picture, sound, ["-c:v", "libx264"],
        // When its sound ends, the picture does not wait for more.
        ["-max_interleave_delta", "100000", .. To(relay, ingest)]);

    private static Task<string> SpareAsync(LiveRelay relay) => PutAsync(relay, "room", spare: true);

    private static async Task<string> PutAsync(LiveRelay relay, string camera, bool spare)
    {
        using HttpResponseMessage answer = await relay.Http.PutAsJsonAsync($"/api/lessons/{Lesson}/cameras/{camera}", new { name = "", spare });
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("cameras").EnumerateArray().Single(row => row.GetProperty("id").GetString() == camera).GetProperty("ingest").GetString()!;
    }

    private static Task HeardAsync(LiveRelay relay, string camera) =>
        Eventually.TrueAsync(() => relay.Cameras(Lesson).Single(state => state.Heard).Camera.Id == camera, TimeSpan.FromMinutes(1));

    private static async Task<IEnumerable<(SoundChange, string)>> EventsAsync(LiveRelay relay) =>
        (await relay.Http.GetFromJsonAsync<JsonElement>($"/api/lessons/{Lesson}/events")).EnumerateArray()
            .Select(row => (Enum.Parse<SoundChange>(row.GetProperty("sound").GetString()!), row.GetProperty("camera").GetString()!));

    private static async Task<byte[]> PublishedAsync(LiveRelay relay, int from = 0)
    {
        var joined = new List<byte>();
        foreach (ListedSegment segment in (await relay.ListAsync(Lesson)).Segments.Skip(from))
            joined.AddRange(await relay.Http.GetByteArrayAsync($"/live/{Lesson}/{segment.Uri}"));
        return [.. joined];
    }
}
