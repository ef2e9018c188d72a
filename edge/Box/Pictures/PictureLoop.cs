using System.Globalization;
using Edge.Box.Live;
using Edge.Core.Live;
using Edge.Media;
using Microsoft.Extensions.Options;

namespace Edge.Box.Pictures;

/// <summary>What pictures are made of. Joined in BoxServer.</summary>
/// <param name="Folder">Where they lie.</param>
/// <param name="Lessons">Lessons that something is held of, by start.</param>
/// <param name="Window">What is published of a lesson.</param>
/// <param name="Segment">Bytes of a published segment, of fragmented MP4 with its head; null when it cannot be had.</param>
public sealed record PicturePorts(string Folder, Func<IEnumerable<RecordingSummary>> Lessons, Func<string, PlaylistWindow?> Window, Func<string, long, ReadOnlyMemory<byte>?> Segment);

/// <summary>Makes still pictures of lessons while nothing else wants the machine: one ffmpeg at a time, of low priority, on one segment's key frame.</summary>
public sealed class PictureLoop(PictureStore store, PicturePorts ports, IOptions<PictureOptions> options, TimeProvider time, ILogger<PictureLoop> log) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    /// <summary>What "nice" says when there is no such program.</summary>
    private const int NoProgram = 127;

    /// <summary>Pictures that could not be made are not tried again until the next start; so many are remembered.</summary>
    private const int MostTried = 10_000;

    /// <summary>Lessons that get pictures: those that a class still looks for.</summary>
    private const int MostLessons = 20;

    private readonly HashSet<(string Lesson, int Minute)> _tried = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Directory.CreateDirectory(ports.Folder);
        while (options.Value.Enabled && !stoppingToken.IsCancellationRequested)
        {
            if (Wanted() is not var (lesson, minute, sequence))
            {
                await Task.Delay(LookEvery, time, stoppingToken);
                continue;
            }
            _tried.Add((lesson, minute));
            try
            {
                if (ports.Segment(lesson, sequence) is { } segment)
                {
                    (byte[] jpeg, int exit) = await GrabAsync(segment, stoppingToken);
                    if (exit == NoProgram)
                    {
                        log.NoFfmpeg();
                        return;
                    }
                    if (jpeg is [0xFF, 0xD8, ..])
                        await store.AddAsync(lesson, minute, jpeg, stoppingToken);
                    else
                        log.NoPicture(lesson, minute, exit);
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException && !stoppingToken.IsCancellationRequested)
            {
                log.PictureFailed(lesson, minute, e.Message);
            }
            await Task.Delay(options.Value.Rest, time, stoppingToken);
        }
    }

    private (string Lesson, int Minute, long Sequence)? Wanted()
    {
        if (_tried.Count >= MostTried || new DriveInfo(Path.GetFullPath(ports.Folder)).AvailableFreeSpace < options.Value.ReserveBytes)
            return null;
        // The newest: whoever runs is among them. What has all its pictures is not opened for it.
        foreach (RecordingSummary held in ports.Lessons().Reverse().Take(MostLessons))
        {
            string lesson = held.Lesson.Id;
            if (store.MinutesOf(lesson).Count <= (int)held.Edge.TotalMinutes && ports.Window(lesson) is { } window && LessonPictures.Next(window, minute => store.MinutesOf(lesson).Contains(minute) || _tried.Contains((lesson, minute))) is var (minute, segment))
                return (lesson, minute, segment.Sequence);
        }
        return null;
    }

    private async Task<(byte[] Jpeg, int Exit)> GrabAsync(ReadOnlyMemory<byte> segment, CancellationToken stoppingToken)
    {
        using var limit = new CancellationTokenSource(options.Value.Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stoppingToken);
        await using ChildRun run = await ChildRun.StartAsync(new ChildCommand("nice", "-n", "19", "ffmpeg", "-nostdin", "-loglevel", "error", "-threads", "1", "-skip_frame", "nokey", "-f", segment.Span is [TsPacket.Sync, ..] ? "mpegts" : "mp4", "-i", "pipe:0",
            "-frames:v", "1", "-vf", string.Create(CultureInfo.InvariantCulture, $"scale={options.Value.Width}:-2"), "-q:v", "6", "-f", "mjpeg", "pipe:1"), time);
        Task feeding = FeedAsync(run, segment, either.Token);
        byte[] jpeg = new byte[PictureStore.MostBytes];
        int length = await run.Output.ReadAtLeastAsync(jpeg, jpeg.Length, throwOnEndOfStream: false, either.Token);
        await feeding;
        await run.Exited.WaitAsync(either.Token);
        return (length < jpeg.Length ? jpeg[..length] : [], run.ExitCode);
    }

    private static async Task FeedAsync(ChildRun run, ReadOnlyMemory<byte> segment, CancellationToken cancellationToken)
    {
        try
        {
            await run.Input.WriteAsync(segment, cancellationToken);
            run.Input.Close();
        }
        catch (IOException)
        {
            // It had its picture before the segment was at its end.
        }
    }
}
