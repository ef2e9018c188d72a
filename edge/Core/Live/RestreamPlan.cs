using System.Collections.Immutable;

namespace Edge.Core.Live;

/// <summary>Which list an answer from upstream is.</summary>
public enum UpstreamList
{
    /// <summary>The newest entries of the window only.</summary>
    Delta,

    /// <summary>The whole window.</summary>
    Window,

    /// <summary>The whole lesson, or the most that upstream has.</summary>
    Recording,
}

/// <summary>Where a restream stands in upstream's numbering. Goes into the journal, so a restart continues here.</summary>
/// <param name="Origin">Upstream's numbering (EXT-X-EDGE-ORIGIN); "" when it names none; null before the first list.</param>
/// <param name="Next">Upstream's number of the next segment to publish.</param>
/// <param name="Until">Program time at which the last published one ended; null before the first.</param>
/// <param name="Broken">The next one does not follow on, whatever upstream says of it: something before it was lost.</param>
/// <param name="Doubts">How many lists in a row went back or came from elsewhere; a stale cache does that too, so one alone counts for nothing.</param>
/// <param name="Ends">How many lists in a row said that the lesson is over.</param>
public sealed record RestreamCursor(string? Origin, long Next, DateTimeOffset? Until, bool Broken, int Doubts, int Ends)
{
    /// <summary>As many lists must agree that upstream started anew or ended.</summary>
    public const int Agreeing = 2;

    public static RestreamCursor AtStart => new(null, 0, null, false, 0, 0);

    /// <summary>After publishing upstream's segment <paramref name="sequence"/>.</summary>
    public RestreamCursor After(long sequence, DateTimeOffset until) => this with { Next = sequence + 1, Until = until, Broken = false };

    /// <summary>After giving up upstream's segment <paramref name="sequence"/>.</summary>
    public RestreamCursor Without(long sequence) => this with { Next = sequence + 1, Broken = Until is not null };
}

/// <summary>A segment to fetch.</summary>
/// <param name="Discontinuity">As it must be published: upstream's mark, or a loss before it.</param>
/// <param name="From">It may be published when all before this number is published or given up; what lies between is lost.</param>
public sealed record WantedSegment(ListedSegment Entry, bool Discontinuity, long From);

/// <summary>What to do after a list came in: order is held, so an outage delays the class and skips nothing.</summary>
/// <param name="Cursor">Where the restream stands now.</param>
/// <param name="Fetch">What is listed and not yet published, oldest first.</param>
/// <param name="AskFor">A longer list that must be read first, since this one begins after <see cref="RestreamCursor.Next"/>; null: none.</param>
/// <param name="Restarted">Upstream's numbering is new: what was begun under the old one is void.</param>
/// <param name="Lost">Segments that upstream no longer has.</param>
/// <param name="Over">The lesson has ended (confirmed) and all of it is published.</param>
/// <param name="Passed">Segments passed over to be at the live edge again; they are there and can be had later.</param>
/// <param name="Gap">The first segment that this rung lacks and another may have; nothing behind it is in <paramref name="Fetch"/>.</param>
public sealed record RestreamPlan(RestreamCursor Cursor, ImmutableArray<WantedSegment> Fetch, UpstreamList? AskFor, bool Restarted, long Lost, bool Over, long Passed = 0, long? Gap = null)
{
    /// <summary>So many target durations before the end of the list is the live edge: three is what players keep in hand (RFC 8216 §6.3.3).</summary>
    private const int EdgeTargets = 3;

    /// <summary>Decides from what is held and what upstream lists.</summary>
    /// <param name="list">Which list <paramref name="listed"/> is. When <see cref="AskFor"/> cannot be had, pass the list at hand as the longest there is.</param>
    /// <param name="mostBehind">Further behind than this it goes on at the live edge; null: never.</param>
    /// <param name="othersMayHave">There are rungs that may have what this one lacks.</param>
    public static RestreamPlan For(RestreamCursor at, MediaPlaylist listed, UpstreamList list, TimeSpan? mostBehind = null, bool othersMayHave = false)
    {
        string origin = listed.Origin ?? "";
        bool other = at.Origin is not null && at.Origin != origin;
        bool back = at.Origin is not null && !other && listed.Next < at.Next;
        // A named origin is followed by another named one or by none; and it never goes back: such a list is only older than what we hold.
        // Without a name, numbers that went back may have begun anew.
        bool believable = other ? origin.Length > 0 : origin.Length == 0;
        bool restarted = (other || back) && believable && at.Doubts + 1 >= RestreamCursor.Agreeing;
        if ((other || back) && !restarted)
            return Waiting(at with { Doubts = Math.Min(at.Doubts + 1, RestreamCursor.Agreeing), Ends = 0 });

        RestreamCursor cursor = at with { Origin = origin, Doubts = 0, Ends = listed.Ended ? Math.Min(at.Ends + 1, RestreamCursor.Agreeing) : 0 };
        if (restarted)
            cursor = cursor with { Next = 0, Broken = at.Until is not null };

        long passed = 0;
        if (mostBehind is { } most && !listed.Ended && LengthFrom(listed, cursor.Next) > most)
        {
            long edge = EdgeOf(listed);
            passed = edge - cursor.Next;
            cursor = cursor with { Next = edge, Broken = cursor.Until is not null };
        }
        long lost = 0;
        if (listed.FirstListed > cursor.Next)
        {
            UpstreamList? longer = list switch
            {
                UpstreamList.Delta => UpstreamList.Window,
                UpstreamList.Window => UpstreamList.Recording,
                _ => null,
            };
            if (longer is not null)
                return Waiting(cursor) with { AskFor = longer, Restarted = restarted };
            // A first list that begins late is no loss: there was nothing before it to break with.
            lost = cursor.Until is null ? 0 : listed.FirstListed - cursor.Next;
            cursor = cursor with { Next = listed.FirstListed, Broken = cursor.Until is not null };
        }

        bool broken = cursor.Broken;
        long from = cursor.Next;
        var fetch = ImmutableArray.CreateBuilder<WantedSegment>();
        foreach (ListedSegment entry in listed.Segments)
        {
            if (entry.Sequence < cursor.Next)
                continue;
            if (entry.Gap && othersMayHave)
                return new RestreamPlan(cursor, fetch.ToImmutable(), null, restarted, lost, false, passed, entry.Sequence);
            if (entry.Gap)
            {
                lost++;
                broken = true;
                if (fetch.Count == 0)
                    cursor = cursor.Without(entry.Sequence);
                continue;
            }
            fetch.Add(new WantedSegment(entry, broken || entry.Discontinuity, fetch.Count == 0 ? cursor.Next : from));
            from = entry.Sequence + 1;
            broken = false;
        }
        bool over = cursor.Ends >= RestreamCursor.Agreeing && fetch.Count == 0 && cursor.Next >= listed.Next;
        return new RestreamPlan(cursor, fetch.ToImmutable(), null, restarted, lost, over, passed);
    }

    /// <summary>The same place in a list whose numbers need not be those of the list before: another rung of another house. Where dates are told they decide; else the numbers are believed.</summary>
    public static RestreamCursor Aligned(RestreamCursor at, MediaPlaylist listed)
    {
        if (at.Until is not { } until || listed.Segments.IsEmpty || listed.Segments.Any(entry => entry.ProgramTime is null))
            return at;
        foreach (ListedSegment entry in listed.Segments)
        {
            if (entry.ProgramTime + entry.Duration / 2 > until)
                return at with { Next = entry.Sequence };
        }
        return at with { Next = listed.Next };
    }

    private static TimeSpan LengthFrom(MediaPlaylist listed, long next) =>
        listed.Segments.Where(entry => entry.Sequence >= next).Aggregate(TimeSpan.Zero, (sum, entry) => sum + entry.Duration);

    private static long EdgeOf(MediaPlaylist listed)
    {
        int place = listed.Segments.Length;
        for (TimeSpan length = TimeSpan.Zero; place > 0 && length < EdgeTargets * listed.TargetDuration; place--)
            length += listed.Segments[place - 1].Duration;
        return listed.FirstListed + place;
    }

    /// <summary>The same list as last time (HTTP 304): it confirms an end.</summary>
    public static RestreamCursor Unchanged(RestreamCursor at) => at.Ends > 0 ? at with { Ends = Math.Min(at.Ends + 1, RestreamCursor.Agreeing) } : at;

    private static RestreamPlan Waiting(RestreamCursor cursor) => new(cursor, [], null, false, 0, false);
}
