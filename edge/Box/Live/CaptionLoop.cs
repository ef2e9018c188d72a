using System.Collections.Immutable;
using System.Net;
using Edge.Core.Live;
using Edge.Durable;
using Microsoft.Extensions.Options;

namespace Edge.Box.Live;

/// <summary>Brings the captions of lessons that are being recorded from the relay, beside the pictures and not behind them: a few hundred bytes. What an outage kept back comes with the next answer.</summary>
internal sealed class CaptionLoop(LiveLessons lessons, LivePorts ports, IOptions<LiveOptions> options, TimeProvider time, ILogger<CaptionLoop> log) : BackgroundService
{
    /// <summary>Lines of one answer and their quotes; letters take up to four bytes.</summary>
    private const int MaxAnswerBytes = CaptionLine.MaxLines * (Caption.MaxTextLength * 6 + 100);

    /// <summary>Lies in the folder of a lesson whose captions were asked for after its end: a box that starts need not open its recording.</summary>
    private const string DoneName = "captions-done";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                // A lesson of another house or of the school's own source has seconds of its own, that the relay does not know.
                foreach (RecordingSummary summary in lessons.Recordings.Where(summary => summary.Lesson is { Hls: null, Source: null }
                    && ports.Plan()?.Lesson(summary.Lesson.Id) is not null && !File.Exists(Done(summary.Lesson.Id))))
                    await AskAsync(summary.Lesson.Id, stoppingToken);
                await Task.Delay(options.Value.CaptionInterval, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops; what came is on disk.
        }
    }

    private string Done(string lesson) => Path.Combine(ports.Folder, lesson, DoneName);

    private async Task AskAsync(string lesson, CancellationToken cancellationToken)
    {
        if (ports.Relay() is not { } relay || lessons.Captions(lesson) is not { } captions)
            return;
        bool ended = lessons.Recording(lesson) is { Window.Ended: true };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using ITimer timer = time.CreateTimer(_ => limit.Cancel(), null, options.Value.IdleTimeout * 2, Timeout.InfiniteTimeSpan);
        try
        {
            while (true)
            {
                using HttpResponseMessage answer = await relay.GetAsync(new Uri($"/live/{lesson}/captions?after={captions.Last}", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, limit.Token);
                if (answer.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.NotFound)
                    break;
                if (answer.StatusCode != HttpStatusCode.OK)
                    return;
                using Stream body = await answer.Content.ReadAsStreamAsync(limit.Token);
                byte[] lines = new byte[MaxAnswerBytes];
                int length = await body.ReadAtLeastAsync(lines, lines.Length, throwOnEndOfStream: false, limit.Token);
                ImmutableArray<Caption> came = [.. CaptionLine.Read(lines.AsSpan(0, length)).Captions.Select(held => held.Caption)];
                if (came.IsEmpty || came.Where((caption, i) => caption.Number <= (i == 0 ? captions.Last : came[i - 1].Number)).Any())
                {
                    log.CaptionsUnusable(lesson);
                    return;
                }
                await captions.AppendAsync(came, cancellationToken);
            }
            if (ended)
                await DurableFile.WriteAsync(Done(lesson), ReadOnlyMemory<byte>.Empty, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            log.CaptionsLater(lesson, e);
        }
    }
}
