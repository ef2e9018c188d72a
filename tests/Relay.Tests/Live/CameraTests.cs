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

/// <summary>C017: several cameras for one lesson, one of them on air; real encoders, told apart by the width of their pictures.</summary>
public sealed class CameraTests
{
    [Fact]
    public async Task Staff_choose_among_three_cameras_and_each_switch_is_one_discontinuity_without_a_gap()
    {
        await using LiveRelay relay = await LiveRelay.StartWithRoadsAsync([]);
        string main = await relay.ScheduleAsync("fractions");
        await using LiveEncoder board = await SendAsync(relay, main, 160);
        await using LiveEncoder teacher = await SendAsync(relay, await AddAsync(relay, "teacher"), 192);
        await using LiveEncoder class3 = await SendAsync(relay, await AddAsync(relay, "class3"), 208);
        await Eventually.TrueAsync(() => relay.Cameras("fractions").All(camera => camera.Stage == CameraStage.Good));
        await relay.PublishedAsync("fractions", 2);

        await ChooseAsync(relay, "teacher");
        await AirAsync(relay, "teacher");
        await relay.PublishedAsync("fractions", relay.Published("fractions") + 2);
        await ChooseAsync(relay, "class3");
        await AirAsync(relay, "class3");
        await relay.PublishedAsync("fractions", relay.Published("fractions") + 2);

        MediaPlaylist list = await relay.ListAsync("fractions");
        var widths = new List<int>();
        foreach (ListedSegment segment in list.Segments)
            widths.Add(await WidthAsync(await relay.Http.GetByteArrayAsync($"/live/fractions/{segment.Uri}")));
        Assert.Equal([160, 192, 208], widths.Distinct());
        for (int i = 1; i < widths.Count; i++)
        {
            Assert.Equal(widths[i] != widths[i - 1], list.Segments[i].Discontinuity);
            // No picture twice and none lost: the cut is where the new camera's key frame came.
            Assert.InRange((list.Segments[i].ProgramTime - list.Segments[i - 1].ProgramTime - list.Segments[i - 1].Duration)!.Value.TotalSeconds, -0.01, 0.6);
        }
    }

    [Fact]
    public async Task A_camera_that_fails_takes_nobodys_lesson_away_and_comes_back()
    {
        await using LiveRelay relay = await LiveRelay.StartWithRoadsAsync([], ("EncoderSilence", "00:00:04"));
        string main = await relay.ScheduleAsync("fractions");
        await using (LiveEncoder board = await SendAsync(relay, main, 160))
        await using (LiveEncoder teacher = await SendAsync(relay, await AddAsync(relay, "teacher"), 192))
        {
            await Eventually.TrueAsync(() => relay.Cameras("fractions").All(camera => camera.Stage == CameraStage.Good));
            await board.HangAsync();
            await AirAsync(relay, "teacher");
            await relay.PublishedAsync("fractions", relay.Published("fractions") + 2);
            await using LiveEncoder again = await SendAsync(relay, main, 160);
            await AirAsync(relay, Camera.Main);
            await relay.PublishedAsync("fractions", relay.Published("fractions") + 2);
        }
        Assert.Equal(2, (await relay.ListAsync("fractions")).Segments.Count(segment => segment.Discontinuity));
    }

    [Fact]
    public async Task Before_the_bell_another_camera_begins_no_lesson()
    {
        await using LiveRelay relay = await LiveRelay.StartWithRoadsAsync([]);
        await relay.PostAsync("/api/lessons", new { id = "fractions", title = new { en = "x" }, @class = "3A", subject = "m", start = TimeProvider.System.GetUtcNow().AddHours(1), duration = "00:45:00" });
        await using LiveEncoder teacher = await SendAsync(relay, await AddAsync(relay, "teacher"), 192);
        await Eventually.TrueAsync(() => relay.Cameras("fractions")[1].Stage == CameraStage.Good);
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
        Assert.Equal(0, relay.Published("fractions"));
        await ChooseAsync(relay, "teacher");
        await relay.PublishedAsync("fractions", 1);
    }

    [Fact]
    public async Task Cameras_are_named_bounded_and_the_one_on_air_stays()
    {
        await using LiveRelay relay = await LiveRelay.StartAsync();
        await relay.ScheduleAsync("fractions");
        for (int number = 2; number <= CameraStore.MaxCameras; number++)
            await AddAsync(relay, $"camera-{number}");
        Assert.Equal(HttpStatusCode.Conflict, (await PutAsync(relay, "one-more")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await PutAsync(relay, "Bad Id")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await PutAsync(relay, "camera-2", "file:///etc/passwd")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await relay.Http.PostAsync("/api/lessons/fractions/cameras/nobody/choose", null)).StatusCode);
        await ChooseAsync(relay, "camera-2");
        Assert.Equal(HttpStatusCode.Conflict, (await relay.Http.DeleteAsync("/api/lessons/fractions/cameras/camera-2")).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await relay.Http.DeleteAsync("/api/lessons/fractions/cameras/main")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await relay.Http.DeleteAsync("/api/lessons/fractions/cameras/camera-3")).StatusCode);
        await relay.StopAsync();
        await relay.StartAgainAsync();
        ImmutableArray<CameraState> cameras = relay.Cameras("fractions");
        Assert.Equal(CameraStore.MaxCameras - 1, cameras.Length);
        Assert.Equal("camera-2", cameras.Single(camera => camera.Camera.Chosen).Camera.Id);
        Assert.Equal("camera-2", cameras.Single(camera => camera.OnAir).Camera.Id);
    }

    private static Task<LiveEncoder> SendAsync(LiveRelay relay, string ingest, int width) =>
        LiveEncoder.StartAsync($"testsrc2=size={width}x90:rate=25", null, ["-c:v", "libx264"], "-f", "mpegts", "-method", "POST", new Uri(relay.Http.BaseAddress!, ingest).ToString());

    private static Task<HttpResponseMessage> PutAsync(LiveRelay relay, string camera, string? source = null) =>
        relay.Http.PutAsJsonAsync($"/api/lessons/fractions/cameras/{camera}", new { name = "", source });

    private static async Task<string> AddAsync(LiveRelay relay, string camera)
    {
        using HttpResponseMessage answer = await PutAsync(relay, camera);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("cameras").EnumerateArray().Single(row => row.GetProperty("id").GetString() == camera).GetProperty("ingest").GetString()!;
    }

    private static Task<JsonElement> ChooseAsync(LiveRelay relay, string camera) => relay.PostAsync($"/api/lessons/fractions/cameras/{camera}/choose", new { });

    private static Task AirAsync(LiveRelay relay, string camera) => Eventually.TrueAsync(() => relay.Cameras("fractions").Single(state => state.OnAir).Camera.Id == camera);

    private static async Task<int> WidthAsync(byte[] segment)
    {
        string path = Path.Combine(Path.GetTempPath(), $"width-{Guid.NewGuid():N}.ts");
        try
        {
            await using (FileStream file = File.Create(path))
                await file.WriteAsync(segment);
            return int.Parse((await TestVideo.RunAsync("ffprobe", "-loglevel", "error", "-select_streams", "v:0", "-show_entries", "stream=width", "-of", "csv=p=0", path)).Split('\n')[0].TrimEnd(','),
                System.Globalization.CultureInfo.InvariantCulture);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
