using System.Collections.Immutable;
using Edge.Core.Live;
using Edge.Media;

namespace Relay.Live;

/// <summary>Makes the lower rungs of one lesson out of its published segments, until the lesson is over.</summary>
internal sealed class LessonLadder(Lesson lesson, LiveOrigin origin, ImmutableArray<LadderRung> rungs, LadderEncoder encoder, LadderOptions options, TimeProvider time, ILogger log)
{
    /// <summary>What was made of a segment may be so much shorter than it: a picture of the slides.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(1.1);

    /// <summary>So many failures at one segment are the segment's fault.</summary>
    private const int Tries = 3;

    private const int ReadBytes = 64 << 10;

    private readonly TsSegmenterLimits _limits = new(lesson.Target, Segment.MaxLengthBytes);
    private long _from;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await NextAsync(cancellationToken) is { } first)
        {
            if (TsSegmentHead.Read(await File.ReadAllBytesAsync(origin.Find(lesson, "", first)!.Value.Path, cancellationToken)) is { } head)
                await StretchAsync(first, hasSound: head.Program.Tracks.Any(track => !track.IsVideo), cancellationToken);
            else
                _from = first + 1; // sound alone, or nothing
        }
        origin.CloseRungs(lesson);
    }

    /// <summary>The segment to go on with: the oldest that some rung lacks, unless that is too long ago.</summary>
    /// <returns>Null: the lesson is over and all is made.</returns>
    private async Task<long?> NextAsync(CancellationToken cancellationToken)
    {
        _from = Math.Max(_from, rungs.Min(rung => origin.Rung(lesson, rung.Name)?.Next ?? 0));
        if (IsTooFarBehind(_from))
        {
            long newest = origin.Window(lesson).Next - 1;
            log.LadderLeavesOut(lesson.Id, newest - _from);
            _from = newest;
        }
        return await origin.SegmentAsync(lesson, _from, cancellationToken) is null ? null : _from;
    }

    /// <summary>An ended lesson's rungs are worth being finished, however late.</summary>
    private bool IsTooFarBehind(long from) =>
        origin.Window(lesson) is { Ended: false } window && window.Segments.Skip((int)from).Aggregate(TimeSpan.Zero, (sum, segment) => sum + segment.Duration) > options.MostBehind;

    /// <summary>Makes all from <paramref name="first"/> to where the source breaks, with as many runs of the encoder as it takes.</summary>
    private async Task StretchAsync(long first, bool hasSound, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bool done = false;
        (long At, int Failures) stuck = (first, 0);
        var child = new ChildSupervisor(() => encoder.Command(rungs, hasSound), ChildRules.Default with { Patience = options.Patience }, time, report =>
        {
            log.LadderFailed(lesson.Id, report.End, report.Said);
            stuck = stuck.At == _from ? (_from, stuck.Failures + 1) : (_from, 1);
            if (stuck.Failures < Tries)
                return;
            log.LadderGivesUp(lesson.Id, _from);
            (_from, done) = (_from + 1, true);
            over.Cancel();
        });
        try
        {
            await child.RunAsync(async (run, stop) =>
            {
                _from = Math.Max(first, rungs.Min(rung => origin.Rung(lesson, rung.Name)?.Next ?? 0));
                long next = await UseAsync(run, _from, stop);
                (_from, done) = (next, true);
                await over.CancelAsync();
            }, over.Token);
        }
        catch (OperationCanceledException) when (done && !cancellationToken.IsCancellationRequested)
        {
            // The stretch is made.
        }
    }

    /// <summary>Feeds one run of the encoder and takes what it makes, to the end.</summary>
    /// <returns>The first segment that was not fed.</returns>
    private async Task<long> UseAsync(ChildRun run, long first, CancellationToken cancellationToken)
    {
        var times = new LadderTimes();
        var fed = new Fed(run, first);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<long> feeding = FeedAsync(run, first, times, fed, over.Token);
        try
        {
            await TakeAsync(run, times, fed, cancellationToken);
            // An encoder that went before all was fed has failed.
            return feeding.IsCompletedSuccessfully ? await feeding : throw new IOException("the encoder ended by itself");
        }
        finally
        {
            await over.CancelAsync();
            await ((Task)feeding).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task TakeAsync(ChildRun run, LadderTimes times, Fed fed, CancellationToken cancellationToken)
    {
        TsSegmenter[] segmenters = [.. rungs.Select((_, place) => new TsSegmenter(_limits, times.Cuts(place)))];
        byte[] buffer = new byte[ReadBytes];
        int read;
        while ((read = await run.Output.ReadAsync(buffer, cancellationToken)) > 0)
        {
            for (int place = 0; place < segmenters.Length; place++)
                await PublishAsync(rungs[place], segmenters[place].Push(buffer.AsSpan(0, read)), times, fed, cancellationToken);
        }
        // What an encoder left that died is no whole segment.
        for (int place = 0; place < segmenters.Length && fed.IsAll; place++)
            await PublishAsync(rungs[place], segmenters[place].Finish(), times, fed, cancellationToken);
    }

    private async Task<long> FeedAsync(ChildRun run, long first, LadderTimes times, Fed fed, CancellationToken cancellationToken)
    {
        long next = first;
        for (; await origin.SegmentAsync(lesson, next, cancellationToken) is { } segment; next++)
        {
            if (next > first && (segment.Discontinuity || IsTooFarBehind(next)))
                break;
            byte[] bytes = await File.ReadAllBytesAsync(origin.Find(lesson, "", next)!.Value.Path, cancellationToken);
            if (TsSegmentHead.Read(bytes) is { } head)
                times.Add(next, head.StartTime);
            fed.Through(next);
            await run.Input.WriteAsync(bytes, cancellationToken);
            await run.Input.FlushAsync(cancellationToken);
        }
        fed.All();
        run.Input.Close();
        return next;
    }

    private async Task PublishAsync(LadderRung rung, ImmutableArray<TsSegment> cuts, LadderTimes times, Fed fed, CancellationToken cancellationToken)
    {
        foreach (TsSegment cut in cuts)
        {
            // A segment whose beginning or end is missing is none: the rung lacks it.
            if (times.SequenceOf(cut.StartTime, out TimeSpan late) is not { } sequence || late > Tolerance || cut.Duration < origin.Window(lesson).Segments[(int)sequence].Duration - Tolerance)
                continue;
            await origin.PublishRungAsync(lesson, rung.Name, sequence, cut.Bytes, cancellationToken);
            fed.Made(sequence);
        }
    }

    /// <summary>What went in and what came out of a run. The encoder knows that a segment is whole when the next one begins, so one may be on its way for as long as the camera likes.</summary>
    private sealed class Fed(ChildRun run, long first)
    {
        private readonly Lock _gate = new();
        private long _through = first - 1;
        private long _made = first - 1;
        private bool _all;

        public bool IsAll
        {
            get
            {
                lock (_gate)
                    return _all;
            }
        }

        public void Through(long sequence) => Change(() => _through = sequence);

        public void All() => Change(() => _all = true);

        public void Made(long sequence)
        {
            run.Useful();
            Change(() => _made = Math.Max(_made, sequence));
        }

        private void Change(Action change)
        {
            lock (_gate)
            {
                change();
                run.Expecting = _all || _through - _made > 1;
            }
        }
    }
}
