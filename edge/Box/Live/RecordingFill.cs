using System.Collections.Immutable;
using Edge.Core.Live;
using Edge.Core.Sync;

namespace Edge.Box.Live;

/// <summary>Completes the recording of a lesson that is over, in a recording of its own beside what was shown: each of upstream's segments in the rung wanted, what lies here already is copied.
/// Goes on where it stood. What nobody has any more is taken from another rung, or left out after a break.</summary>
internal sealed class RecordingFill(LessonRecording shown, LiveLessons lessons, LivePorts ports, LiveOptions options, TimeProvider time, ILogger log)
{
    private string Id => shown.Lesson.Id;

    /// <returns>False: not now, because of the link, the disk or the relay; what came is kept.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        (UpstreamRung Rung, MediaPlaylist List)? upstream = await ListAsync(options.RecordingRung, cancellationToken);
        // A rung with gaps is no recording; the source's has none.
        if (options.RecordingRung.Length > 0 && (upstream is null || upstream.Value.List.Segments.Any(entry => entry.Gap)))
            upstream = await ListAsync("", cancellationToken);
        if (upstream is not ({ } rung, { } list))
            return false;
        // What a relay told that has lost its store since then, only this box has.
        if (shown.Entries.Any(entry => entry.Origin != list.Origin))
        {
            await lessons.FilledAsync(shown, null, cancellationToken);
            return true;
        }
        LessonRecording whole = await lessons.OpenOrCreateWholeAsync(shown, list.TargetDuration, cancellationToken);
        if (!whole.Window.Ended && !await CopyAsync(whole, rung, list, cancellationToken))
            return false;
        await lessons.FilledAsync(shown, whole, cancellationToken);
        log.RecordingFilled(Id, whole.Window.Next, RecordingHole.In(whole.Entries).Length);
        return true;
    }

    private async Task<(UpstreamRung, MediaPlaylist)?> ListAsync(string name, CancellationToken cancellationToken)
    {
        var rung = new UpstreamRung(name, 0, new UpstreamPlaylist(UpstreamLadder.FolderOf(Id, name)));
        if (ports.Relay() is not { } relay)
            return null;
        (_, MediaPlaylist? list) = await rung.List.AskAsync(relay, UpstreamList.Recording, conditional: false, options.IdleTimeout, time, cancellationToken);
        return list is { Ended: true, Origin: not null } ? (rung, list) : null;
    }

    private async Task<bool> CopyAsync(LessonRecording whole, UpstreamRung rung, MediaPlaylist list, CancellationToken cancellationToken)
    {
        Dictionary<long, JournalEntry> here = shown.Entries.ToDictionary(entry => entry.UpstreamSequence);
        long next = whole.Entries.IsEmpty ? list.FirstListed : whole.Entries[^1].UpstreamSequence + 1;
        bool broken = false;
        foreach (ListedSegment entry in list.Segments.Where(entry => entry.Sequence >= next))
        {
            if (lessons.FreeBytes < options.ReserveBytes)
                return false;
            JournalEntry? held = here.GetValueOrDefault(entry.Sequence);
            ReadOnlyMemory<byte>? bytes = null;
            if (held is not null && held.Segment.Hash == entry.Hash)
                bytes = await shown.ReadAsync(held, cancellationToken);
            string from = rung.Name;
            if (bytes is null)
            {
                (FetchEnd end, bytes) = await FetchAsync(rung, entry, cancellationToken);
                if (end == FetchEnd.Cut)
                    return false;
            }
            if (bytes is null && held is not null)
                (bytes, from) = (await shown.ReadAsync(held, cancellationToken), held.Rung);
            if (bytes is not { } found || !whole.Window.Takes(entry.Duration) || entry.ProgramTime is not { } date)
            {
                log.SegmentGivenUp(Id, entry.Sequence, FetchEnd.Gone);
                broken = true;
                continue;
            }
            bool discontinuity = entry.Discontinuity || broken || (whole.Rung is { } former && former != from);
            await whole.AppendAsync(found, new Segment(whole.Window.Next, entry.Duration, date, discontinuity, found.Length, Core.Content.ChunkId.Of(found.Span)), list.Origin!, entry.Sequence, from, cancellationToken);
            broken = false;
        }
        await whole.EndAsync();
        return true;
    }

    /// <summary>Fetches one segment, as much at a time as the rules of the link grant.</summary>
    /// <returns><see cref="FetchEnd.Cut"/>: the link fails; null bytes otherwise: the relay does not have it.</returns>
    private async Task<(FetchEnd, ReadOnlyMemory<byte>?)> FetchAsync(UpstreamRung rung, ListedSegment entry, CancellationToken cancellationToken)
    {
        if (entry.Gap || ports.Relay() is not { BaseAddress: { } address } relay)
            return (entry.Gap ? FetchEnd.Gone : FetchEnd.Cut, null);
        var fetch = new SegmentFetch(entry, new Uri(new Uri(address, rung.List.Base), entry.Uri));
        for (int tries = 0, cuts = 0; tries < options.SegmentTries && cuts < options.SegmentTries;)
        {
            int rest = (int)(fetch.RestBytes ?? Segment.MaxLengthBytes);
            LinkAnswer answer = await ports.Grant(rest, cancellationToken);
            if (answer.BodyBytes == 0)
            {
                await Task.Delay(answer.Wait, time, cancellationToken);
                continue;
            }
            FetchEnd end = await fetch.TryAsync(relay, options.IdleTimeout, time, _ => { }, cancellationToken, Math.Min(rest, answer.BodyBytes));
            if (end == FetchEnd.Whole)
                return (end, fetch.Bytes);
            if (end is FetchEnd.Gone or FetchEnd.Damaged)
                tries++;
            // A part that was granted and came is no cut.
            bool came = end == FetchEnd.Cut && fetch.RestBytes < rest;
            if (end == FetchEnd.Cut && !came)
                cuts++;
            if (!came)
                await Task.Delay(options.MaxRetryDelay, time, cancellationToken);
            if (cuts == options.SegmentTries)
                return (FetchEnd.Cut, null);
        }
        return (FetchEnd.Gone, null);
    }
}
