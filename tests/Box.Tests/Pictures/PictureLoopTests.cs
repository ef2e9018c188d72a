using System.Collections.Immutable;
using Edge.Box.Live;
using Edge.Box.Pictures;
using Edge.Core.Content;
using Edge.Core.Live;
using Edge.Core.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TestKit;
using TestKit.Disk;
using TestKit.Live;
using Xunit;

namespace Edge.Box.Tests.Pictures;

public sealed class PictureLoopTests : IDisposable
{
    private const string Lesson = "fractions";

    private readonly TempFolder _folder = new();
    private PlaylistWindow _window = PlaylistWindow.Start(TimeSpan.FromSeconds(4));
    private ImmutableArray<ReadOnlyMemory<byte>> _segments = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Each_minute_gets_a_picture_of_its_key_frame_also_when_one_segment_is_rubbish()
    {
        await PublishAsync();
        var store = new PictureStore(_folder["pictures"]);
        using (PictureLoop loop = await StartAsync(store))
        {
            await Eventually.TrueAsync(() => store.MinutesOf(Lesson).Count == 2);
            await loop.StopAsync(CancellationToken.None);
        }
        // Minute 1 was rubbish.
        Assert.Equal([0, 2], store.MinutesOf(Lesson));
        Assert.Equal("320,180", (await TestVideo.RunAsync("ffprobe", "-loglevel", "error", "-show_entries", "stream=width,height", "-of", "csv=p=0", store.PathOf(Lesson, 2)!)).Trim());
        Assert.Equal($"/live/{Lesson}/pictures/2.jpg", store.AddressOf(Lesson, running: true));
        Assert.Equal($"/live/{Lesson}/pictures/0.jpg", store.AddressAt(Lesson, 119));
        // As after a restart.
        Assert.Equal([0, 2], new PictureStore(_folder["pictures"]).MinutesOf(Lesson));
        Assert.Null(store.PathOf("../" + Lesson, 0));
    }

    [Fact]
    public async Task A_box_that_is_short_of_room_makes_none()
    {
        await PublishAsync();
        var store = new PictureStore(_folder["pictures"]);
        using PictureLoop loop = await StartAsync(store, options => options.ReserveBytes = 1L << 40);
        await Task.Delay(TimeSpan.FromSeconds(1.5), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Empty(store.MinutesOf(Lesson));
        await loop.StopAsync(CancellationToken.None);
    }

    private async Task PublishAsync()
    {
        ImmutableArray<TsSegment> cut = SimulatedOrigin.Cut(await TestVideo.Lesson20sAsync());
        for (int minute = 0; minute < 3; minute++)
        {
            byte[] bytes = minute == 1 ? new byte[1880] : cut[minute].Bytes.ToArray();
            _segments = _segments.Add(bytes);
            _window = _window.With(new Segment(_window.Next, TimeSpan.FromSeconds(2), DateTimeOffset.UnixEpoch + TimeSpan.FromMinutes(minute), minute > 0, bytes.Length, ChunkId.Of(bytes)));
        }
    }

    private async Task<PictureLoop> StartAsync(PictureStore store, Action<PictureOptions>? change = null)
    {
        var options = new PictureOptions { Rest = TimeSpan.FromMilliseconds(100), ReserveBytes = 0 };
        change?.Invoke(options);
        var lesson = new PlannedLesson(Lesson, LocalText.Of("en", "Fractions"), "3A", "maths", DateTimeOffset.UnixEpoch, TimeSpan.FromMinutes(45), null, true, LessonStage.Ended, []);
        var ports = new PicturePorts(_folder["pictures"], () => [new RecordingSummary(lesson, TimeSpan.FromSeconds(6), LessonTimeline.Edge(_window.Segments), 0, true, Filled: true, Missing: TimeSpan.Zero)], _ => _window, (_, sequence) => _segments[(int)sequence]);
        var loop = new PictureLoop(store, ports, Options.Create(options), TimeProvider.System, NullLogger<PictureLoop>.Instance);
        await loop.StartAsync(TestContext.Current.CancellationToken);
        return loop;
    }
}
