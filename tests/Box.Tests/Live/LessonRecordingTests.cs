using System.Collections.Immutable;
using Edge.Box.Live;
using Edge.Core.Content;
using Edge.Core.Live;
using TestKit;
using TestKit.Disk;
using TestKit.Live;
using Xunit;

namespace Edge.Box.Tests.Live;

public sealed class LessonRecordingTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task Unplug_at_any_instant_and_what_was_published_is_there_and_numbering_continues()
    {
        string whole = await MakeAsync(4);
        byte[] index = await File.ReadAllBytesAsync(Path.Combine(whole, "index"));
        byte[] media = await File.ReadAllBytesAsync(Path.Combine(whole, "media.ts"));
        int segmentBytes = media.Length / 4;
        // The journal cut at every length; the media file at least as long as the journal vouches for, or longer, or with rubbish behind it.
        for (int indexBytes = RecordingJournal.HeadBytes; indexBytes <= index.Length; indexBytes++)
        {
            int entries = (indexBytes - RecordingJournal.HeadBytes) / RecordingJournal.RecordBytes;
            string torn = Torn(whole, index.AsSpan(0, indexBytes), [.. media[..(entries * segmentBytes)], .. new byte[indexBytes % 1000]]);
            using LessonRecording recording = LessonRecording.Open(torn, 1 << 20)!;
            Assert.Equal(entries, recording.Window.Next);
            Assert.Equal(entries * segmentBytes, new FileInfo(recording.MediaPath).Length);
            Assert.Equal(entries, recording.Cursor.Next);
            await AppendAsync(recording, entries);
            Assert.Equal(entries + 1, recording.Window.Next);
        }
    }

    [Fact]
    public async Task Unplug_at_any_instant_and_bytes_that_the_disk_lost_are_not_listed()
    {
        string whole = await MakeAsync(4);
        byte[] index = await File.ReadAllBytesAsync(Path.Combine(whole, "index"));
        byte[] media = await File.ReadAllBytesAsync(Path.Combine(whole, "media.ts"));
        using (LessonRecording shorter = LessonRecording.Open(Torn(whole, index, media.AsSpan(0, media.Length - 1)), 0)!)
            Assert.Equal(3, shorter.Window.Next);
        byte[] zeroes = (byte[])media.Clone();
        zeroes.AsSpan(media.Length - 100).Clear();
        using (LessonRecording zeroed = LessonRecording.Open(Torn(whole, index, zeroes), 0)!)
            Assert.Equal(3, zeroed.Window.Next);
        byte[] flipped = (byte[])index.Clone();
        flipped[RecordingJournal.HeadBytes + 2 * RecordingJournal.RecordBytes + 30] ^= 1;
        using (LessonRecording damaged = LessonRecording.Open(Torn(whole, flipped, media), 0)!)
            Assert.Equal(2, damaged.Window.Next);
    }

    [Fact]
    public async Task A_recording_that_ended_stays_ended()
    {
        string folder = await MakeAsync(2);
        using (LessonRecording recording = LessonRecording.Open(folder, 0)!)
            await recording.EndAsync();
        using LessonRecording again = LessonRecording.Open(folder, 0)!;
        Assert.True(again.Window.Ended);
        Assert.True(again.Window.Whole().Ended);
    }

    [Fact]
    public async Task The_journals_form_is_pinned()
    {
        string folder = await MakeAsync(1);
        string hex = Convert.ToHexStringLower(await File.ReadAllBytesAsync(Path.Combine(folder, "index")));
        Assert.Equal(
            "454447454c4956450200000004000000"
            + "01000000ac02000000000000000000000000000000000000002d3101000000000040e4b33178de0800000000000000006f00000000000000000000000000000000000000000000000000000000000000",
            hex[..(2 * (16 + 80))]);
        Assert.Equal(ChunkId.Of(Bytes(0)).ToString(), hex[(2 * 96)..(2 * 128)]);
        Assert.Equal(2 * (16 + 132), hex.Length);
    }

    [Fact]
    public async Task A_journal_without_rungs_is_taken_on_and_goes_on_in_the_form_of_now()
    {
        string folder = await MakeAsync(3);
        byte[] now = await File.ReadAllBytesAsync(Path.Combine(folder, "index"));
        // Version 1: no rung in a record, and its own sum.
        byte[] former = [.. now[..16]];
        former[8] = 1;
        for (int i = 0; i < 3; i++)
        {
            byte[] record = now[(16 + i * 132)..(16 + i * 132 + 112)];
            uint crc = record.Aggregate(uint.MaxValue, System.Numerics.BitOperations.Crc32C);
            former = [.. former, .. record, .. BitConverter.GetBytes(~crc)];
        }
        byte[] media = await File.ReadAllBytesAsync(Path.Combine(folder, "media.ts"));
        string torn = Torn(folder, [.. former, 1, 2, 3], media);
        using LessonRecording recording = LessonRecording.Open(torn, 0)!;
        Assert.Equal((3, ""), (recording.Window.Next, recording.Rung));
        await AppendAsync(recording, 3);
        recording.Dispose();
        using LessonRecording again = LessonRecording.Open(torn, 0)!;
        Assert.Equal((4, "slides"), (again.Window.Next, again.Rung));
    }

    [Fact]
    public async Task A_box_that_restarts_during_a_lesson_goes_on_with_it()
    {
        ImmutableArray<TsSegment> segments = SimulatedOrigin.Cut(await TestVideo.Lesson20sAsync());
        await using SimulatedOrigin origin = await SimulatedOrigin.StartAsync(LiveBox.Lesson);
        await using LiveBox box = await LiveBox.StartAsync(origin.Port);
        foreach (TsSegment segment in segments.Take(4))
            origin.Publish(segment);
        await Eventually.TrueAsync(() => box.Published == 4);
        MediaPlaylist before = (await box.PlaylistAsync())!;
        await box.StopAsync();
        foreach (TsSegment segment in segments.Skip(4))
            origin.Publish(segment);
        await box.StartAgainAsync();
        await Eventually.TrueAsync(() => box.Published == 10);
        origin.End();
        await Eventually.TrueAsync(() => box.Lessons.IsComplete(LiveBox.Lesson));
        MediaPlaylist after = (await box.PlaylistAsync())!;
        Assert.Equal(before.Segments.AsEnumerable(), after.Segments.Take(4));
        Assert.Equal(origin.Bytes, box.MediaBytes);
        await box.StopAsync();
        await box.StartAgainAsync();
        Assert.True(box.Lessons.IsComplete(LiveBox.Lesson));
        Assert.Equal("Fractions", Assert.Single(box.Lessons.Recordings).Lesson.Title.In("en"));
        Assert.Equal(origin.Bytes, await box.WatchAsync());
    }

    public void Dispose() => _folder.Dispose();

    private async Task<string> MakeAsync(int segments)
    {
        string folder = Path.Combine(_folder.Path, $"lesson-{Guid.NewGuid():N}");
        using LessonRecording recording = await LessonRecording.CreateAsync(folder, LiveBox.PlanWith(LessonStage.Running).Lessons[0], TimeSpan.FromSeconds(4), false, 0, CancellationToken.None);
        for (int i = 0; i < segments; i++)
            await AppendAsync(recording, i);
        return folder;
    }

    private static Task AppendAsync(LessonRecording recording, int number) => recording.AppendAsync(Bytes(number), new Segment(
        number, TimeSpan.FromSeconds(2), recording.Window.Last?.ProgramEnd ?? DateTimeOffset.Parse("2026-03-02T08:00:00Z"), false, Bytes(number).Length, ChunkId.Of(Bytes(number))),
        "o", number, number == 0 ? "" : "slides", CancellationToken.None);

    private static byte[] Bytes(int number)
    {
        byte[] bytes = new byte[684];
        Array.Fill(bytes, (byte)(number + 1));
        return bytes;
    }

    private string Torn(string whole, ReadOnlySpan<byte> index, ReadOnlySpan<byte> media)
    {
        string name = $"torn-{Guid.NewGuid():N}";
        _folder.Write(Path.Combine(name, "index"), index);
        _folder.Write(Path.Combine(name, "media.ts"), media);
        _folder.Write(Path.Combine(name, "lesson.json"), File.ReadAllBytes(Path.Combine(whole, "lesson.json")));
        return _folder[name];
    }
}
