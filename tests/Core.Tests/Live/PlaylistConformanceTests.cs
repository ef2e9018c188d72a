using System.Collections.Immutable;
using System.Text;
using Edge.Core.Content;
using Edge.Core.Live;
using TestKit.Live;
using Xunit;

namespace Edge.Core.Tests.Live;

/// <summary>Every playlist of a school day, at the relay and on the box, held against the rules by a reader of its own.</summary>
public sealed class PlaylistConformanceTests
{
    private static readonly TimeSpan Target = TimeSpan.FromSeconds(4);
    private static readonly DateTimeOffset Start = DateTimeOffset.Parse("2026-03-02T08:00:00Z");
    // Shorter than what is served in truth: the same rules, and a day in seconds.
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);

    public static TheoryData<int> Seeds => [1, 2];

    [Theory, MemberData(nameof(Seeds))]
    public void Eight_hours_with_fifty_faults_serve_no_list_that_breaks_a_rule(int seed)
    {
        var day = new Day(new Random(seed));
        for (int tick = 0; tick < 8 * 3600 / 2; tick++)
            day.Tick(fault: tick % 288 == 287);
        day.End();
        Assert.InRange(day.Faults, 50, 60);
        Assert.Empty(day.Violations);
        Assert.True(day.Box.Ended);
        Assert.True(day.Lists > 50_000);
    }

    [Theory]
    [InlineData("media sequence went back", "MEDIA-SEQUENCE went back")]
    [InlineData("discontinuity sequence went back", "DISCONTINUITY-SEQUENCE went back")]
    [InlineData("an entry changed", "entry 1 was")]
    [InlineData("a gap was filled", "entry 2 was")]
    [InlineData("target changed", "TARGETDURATION was")]
    [InlineData("too long", "over the target duration")]
    [InlineData("negative", "EXTINF is")]
    [InlineData("end taken back", "taken back")]
    [InlineData("end and more", "nothing changes")]
    [InlineData("shorter", "ends with")]
    [InlineData("no date after a break", "no EXT-X-PROGRAM-DATE-TIME")]
    [InlineData("date goes back", "its date is")]
    [InlineData("break left uncounted", "left the list")]
    [InlineData("an event list lost its start", "only grows")]
    [InlineData("gap in version 3", "version 8")]
    public void A_list_that_breaks_a_rule_is_found(string how, string said)
    {
        string good = Text(0, 0, 4, "#EXT-X-VERSION:8", "a", "b", "gap c", "break d", "e");
        string after = how switch
        {
            "media sequence went back" => Text(-1, 0, 4, "#EXT-X-VERSION:8", "z", "a", "b", "gap c", "break d", "e"),
            "discontinuity sequence went back" => Text(0, -1, 4, "#EXT-X-VERSION:8", "a", "b", "gap c", "break d", "e"),
            "an entry changed" => good.Replace("\nb\n", "\nB\n", StringComparison.Ordinal),
            "a gap was filled" => good.Replace("#EXT-X-GAP\n", "", StringComparison.Ordinal),
            "target changed" => good.Replace("TARGETDURATION:4", "TARGETDURATION:5", StringComparison.Ordinal),
            "too long" => good.Replace("EXTINF:2.000,\ne", "EXTINF:4.500,\ne", StringComparison.Ordinal),
            "negative" => good.Replace("EXTINF:2.000,\ne", "EXTINF:-0.300,\ne", StringComparison.Ordinal),
            "end taken back" or "end and more" => good,
            "shorter" => Text(0, 0, 4, "#EXT-X-VERSION:8", "a", "b", "gap c", "break d"),
            "no date after a break" => good.Replace("#EXT-X-PROGRAM-DATE-TIME:2026-03-02T08:00:06.000Z\n", "", StringComparison.Ordinal),
            "date goes back" => good.Replace("08:00:08.000Z", "08:00:07.000Z", StringComparison.Ordinal),
            "break left uncounted" => Text(4, 0, 4, "#EXT-X-VERSION:8", "e"),
            "an event list lost its start" => Text(1, 0, 4, "#EXT-X-VERSION:8\n#EXT-X-PLAYLIST-TYPE:EVENT", "b", "gap c", "break d", "e"),
            _ => good.Replace("VERSION:8", "VERSION:3", StringComparison.Ordinal),
        };
        var checker = new PlaylistChecker();
        string first = how is "an event list lost its start" ? good.Replace("VERSION:8", "VERSION:8\n#EXT-X-PLAYLIST-TYPE:EVENT", StringComparison.Ordinal) : good;
        checker.Take(how is "end taken back" or "end and more" ? first + "#EXT-X-ENDLIST\n" : first);
        Assert.Empty(checker.Violations);
        checker.Take(how == "end and more" ? after + "#EXTINF:2.000,\nf\n#EXT-X-ENDLIST\n" : after);
        Assert.Contains(checker.Violations, violation => violation.Contains(said, StringComparison.Ordinal));
    }

    private static string Text(long media, long discontinuity, int target, string head, params string[] entries)
    {
        var text = new StringBuilder($"#EXTM3U\n{head}\n#EXT-X-TARGETDURATION:{target}\n#EXT-X-MEDIA-SEQUENCE:{media}\n#EXT-X-DISCONTINUITY-SEQUENCE:{discontinuity}\n");
        foreach (string entry in entries)
        {
            string[] words = entry.Split(' ');
            int second = 2 * (words[^1][0] == 'z' ? 0 : words[^1][0] - 'a');
            text.Append(words[0] == "break" ? "#EXT-X-DISCONTINUITY\n" : "").Append($"#EXT-X-PROGRAM-DATE-TIME:2026-03-02T08:00:{second:00}.000Z\n").Append(words[0] == "gap" ? "#EXT-X-GAP\n" : "").Append($"#EXTINF:2.000,\n{words[^1]}\n");
        }
        return text.ToString();
    }

    /// <summary>A relay with two rungs, a link, and a box: their real rules, in fake time.</summary>
    private sealed class Day(Random chance)
    {
        private readonly PlaylistChecker[] _checkers = [new(), new(), new(), new(), new()];
        private readonly List<MediaPlaylist> _former = [];
        private PlaylistWindow _source = PlaylistWindow.Start(Target);
        private PlaylistWindow _slides = PlaylistWindow.Start(Target);
        private DateTimeOffset _now = Start;
        private ImmutableArray<JournalEntry> _journal = [];
        private RestreamCursor _cursor = RestreamCursor.AtStart;
        private string _origin = "first";
        private string _rung = "";
        private UpstreamList _asked = UpstreamList.Delta;
        private int _cutTicks;
        private int _quietTicks;
        private int _stoppedLadder;
        private bool _stale;
        private bool _runStarts = true;

        public PlaylistWindow Box { get; private set; } = PlaylistWindow.Start(Target);

        public int Faults { get; private set; }

        public int Lists { get; private set; }

        public IEnumerable<string> Violations => _checkers.SelectMany((checker, place) => checker.Violations.Select(violation => $"checker {place}, {violation}"));

        public void Tick(bool fault)
        {
            _now += TimeSpan.FromSeconds(2);
            if (fault)
                Break();
            if (_quietTicks-- <= 0)
            {
                TimeSpan duration = TimeSpan.FromMilliseconds(chance.Next(1700, 2300));
                bool broken = _runStarts && _source.Last is not null;
                DateTimeOffset date = _source.Last is { } last && (!broken || last.ProgramEnd > _now) ? last.ProgramEnd : _now;
                _source = _source.With(new Segment(_source.Next, duration, date, broken, 1880, ChunkId.Of(BitConverter.GetBytes(_source.Next))));
                _runStarts = false;
            }
            if (_stoppedLadder-- <= 0 && _source.Next > _slides.Next)
            {
                long made = _source.Next - 1;
                _slides = _slides.WithGaps(_source, made).With(_source.Segments[(int)made] with { LengthBytes = 376 });
            }
            Serve();
            if (_cutTicks-- <= 0)
                Poll();
            Show();
        }

        public void End()
        {
            _source = _source.End();
            _slides = _slides.WithGaps(_source, _source.Next).End();
            (_cutTicks, _stale) = (0, false);
            Serve();
            for (int i = 0; i < 20 && !Box.Ended; i++)
                Poll();
            Show();
            Show();
        }

        private void Break()
        {
            Faults++;
            switch (chance.Next(8))
            {
                case 0: _cutTicks = chance.Next(2, 300); break;          // of the link, up to ten minutes
                case 1: (_quietTicks, _runStarts) = (chance.Next(1, 60), true); break; // of the encoder
                case 2: _runStarts = true; break;                         // it connected anew
                case 3: _rung = _rung.Length == 0 ? "slides" : ""; break;
                case 4: _stoppedLadder = chance.Next(5, 40); break;
                case 5: _stale = true; break;                             // a cache in between
                case 6: Restart(); break;
                default:                                                  // the relay lost its store
                    (_source, _slides, _origin, _runStarts) = (PlaylistWindow.Start(Target), PlaylistWindow.Start(Target), $"origin-{Faults}", true);
                    (_checkers[0], _checkers[1], _checkers[2]) = (Finished(_checkers[0]), Finished(_checkers[1]), Finished(_checkers[2]));
                    _former.Clear();
                    break;
            }
        }

        /// <summary>Another numbering is another list; what was found in the former one is not forgotten.</summary>
        private static PlaylistChecker Finished(PlaylistChecker checker)
        {
            Assert.Empty(checker.Violations);
            return new PlaylistChecker();
        }

        /// <summary>The box comes up with what its journal says; behind it lies the torn record of what was not published yet.</summary>
        private void Restart()
        {
            byte[] journal = RecordingJournal.Write(new Recording(Target, _journal, false, 0));
            byte[] torn = RecordingJournal.Record(_journal[^1] with { Segment = _journal[^1].Segment with { Sequence = _journal.Length } })[..chance.Next(RecordingJournal.RecordBytes)];
            Recording read = RecordingJournal.Read([.. journal, .. torn])!;
            (_journal, _cursor, _asked) = (read.Entries, read.Cursor, UpstreamList.Delta);
            Box = PlaylistWindow.Resume(Target, read.Segments, read.Ended);
        }

        private void Serve()
        {
            Take(_checkers[0], _source.Newest(Kept, _origin, TimeSpan.Zero, false, true));
            Take(_checkers[1], _slides.Newest(Kept, _origin, TimeSpan.Zero, false, true));
            Take(_checkers[2], _source.Newest(Kept, _origin, TimeSpan.Zero, true, true));
            _former.Add(_source.Newest(Kept, _origin, TimeSpan.Zero, false, true));
            if (_former.Count > 30)
                _former.RemoveAt(0);
        }

        /// <summary>One look of the box at its rung, and all segments that it then wants.</summary>
        private void Poll()
        {
            PlaylistWindow window = _rung.Length == 0 ? _source : _slides;
            if (window.Last is null)
                return;
            MediaPlaylist list = _stale && _former.Count > 0 ? _former[0] : _asked == UpstreamList.Recording ? window.Whole(_origin, true) : window.Newest(Kept, _origin, TimeSpan.Zero, _asked == UpstreamList.Delta, true);
            _stale = false;
            RestreamPlan plan = RestreamPlan.For(_cursor, list, _asked, TimeSpan.FromMinutes(2), othersMayHave: _rung.Length > 0);
            (_cursor, _asked) = (plan.Cursor, plan.AskFor ?? UpstreamList.Delta);
            foreach (WantedSegment wanted in plan.Fetch.Where(wanted => wanted.Entry.Sequence >= _cursor.Next))
                Publish(wanted);
            if (plan.Gap is not null && plan.Gap == _cursor.Next)
                _rung = "";
            if (plan.Over)
                Box = Box.End();
        }

        private void Publish(WantedSegment wanted)
        {
            bool broken = wanted.Discontinuity || _cursor.Broken || (!_journal.IsEmpty && _journal[^1].Rung != _rung);
            var segment = new Segment(Box.Next, wanted.Entry.Duration, wanted.Entry.ProgramTime!.Value, broken && Box.Next > 0, wanted.Entry.LengthBytes!.Value, wanted.Entry.Hash!.Value);
            Box = Box.With(segment);
            _journal = _journal.Add(new JournalEntry(segment, _journal.IsEmpty ? 0 : _journal[^1].End, _cursor.Origin!, wanted.Entry.Sequence, _rung));
            _cursor = _cursor.After(wanted.Entry.Sequence, segment.ProgramEnd);
        }

        private void Show()
        {
            // Whole lists of a day are long; what players read again and again is the newest part, and the whole now and then.
            Take(_checkers[3], Box.Newest(Kept, null, TimeSpan.Zero, false, false));
            if (Box.Next % 400 == 0 || Box.Ended)
                Take(_checkers[4], Box.Whole());
        }

        private void Take(PlaylistChecker checker, MediaPlaylist list)
        {
            if (list.Segments.IsEmpty)
                return;
            Lists++;
            checker.Take(PlaylistText.Write(list));
        }
    }
}
