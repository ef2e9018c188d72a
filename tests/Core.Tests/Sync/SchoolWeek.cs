using Edge.Core.Feedback;
using Edge.Core.Sync;

namespace Edge.Core.Tests.Sync;

/// <summary>A part of the product that a test takes away, to see that the simulation misses it.</summary>
internal enum Mutation
{
    None,
    /// <summary>The broker's acknowledgement counts as the relay's.</summary>
    RowsLeaveOnPuback,
    /// <summary>Items are known by their sequence alone, whatever storage they come from.</summary>
    EpochsDropped,
    /// <summary>The relay stores what arrives without asking whether it has it.</summary>
    DedupOff,
    /// <summary>A restored relay looks like the one before.</summary>
    GenerationIgnored,
    /// <summary>"Saved" is said before the disk has it.</summary>
    YesBeforeDisk,
}

/// <summary>What befalls a school beside a bad link, relay restarts and power cuts, which always do.</summary>
[Flags]
internal enum Troubles
{
    None = 0,
    /// <summary>The relay comes back from an older backup.</summary>
    RelayRestored = 1,
    /// <summary>The card comes back from an older image.</summary>
    CardRestored = 2,
    /// <summary>The card is replaced by an empty one.</summary>
    CardReplaced = 4,
    /// <summary>The card is copied into a second box, and both are on.</summary>
    CardCloned = 8,
    /// <summary>Sticks go to and fro beside the link, in any order.</summary>
    Sticks = 16,
    All = RelayRestored | CardRestored | CardReplaced | CardCloned,
}

/// <summary>A school week in fake time: boxes, a broker, a relay and a bad link. All that decides is the product's (<see cref="Outbox"/>, <see cref="SendWindow"/>,
/// <see cref="IngestRule"/>, <see cref="EpochRate"/>); disks and wire are models, so that thousands of weeks fit a test. The codec and the databases have tests of their own.</summary>
internal sealed class SchoolWeek(int seed, Troubles troubles = Troubles.All, Mutation mutation = Mutation.None)
{
    public const int MaxAhead = 15;
    private const int MaxItems = 5;
    private const int MostQueued = 40;
    private const int MostSticks = 20;
    private const double Loss = 0.2;
    private const double Duplication = 0.12;
    private const double Reorder = 0.15;
    private static readonly TimeSpan Week = TimeSpan.FromDays(5);
    private static readonly TimeSpan LongestStep = TimeSpan.FromMinutes(32);

    private readonly Random _chance = new(seed);
    private readonly List<Batch> _up = [];
    private readonly List<Batch> _atBroker = [];
    private readonly List<DownMessage> _down = [];
    private readonly List<List<Batch>> _sticks = [];
    private readonly List<DownMessage[]> _stickAcks = [];
    private readonly List<WeekBox> _boxes = [new(new WeekCard(1))];
    private readonly List<WeekRelay> _backups = [];
    private readonly Dictionary<UInt128, Row> _promised = [];
    private WeekRelay _relay = new(mutation);
    private WeekCard _image = new(1);
    private ulong _storages = 1;
    private int _serials;
    private int _connected;
    private TimeSpan _now;
    private bool _healed;

    public TimeSpan Now => _now;

    /// <summary>How many clones were on together, restores and so on: a simulation that never meets its faults proves nothing.</summary>
    public Dictionary<string, int> Happened { get; } = [];

    /// <summary>Plays the week, then heals the link and waits until nothing is owed.</summary>
    /// <returns>What is wrong at the end; null: nothing.</returns>
    public string? Play()
    {
        while (_now < Week)
            Step();
        _healed = true;
        for (int box = 0; box < _boxes.Count; box++)
        {
            Connect(box);
            if (!Drain(_boxes[box]))
                return $"box {box} is not done: {_boxes[box].Card.Outbox}";
        }
        return Judge();
    }

    private string? Judge()
    {
        var seen = new HashSet<UInt128>();
        var last = new Dictionary<int, int>();
        foreach (Row row in _relay.Stored)
        {
            if (!seen.Add(row.Digest))
                return $"item {row.Serial} is stored twice";
            if (!troubles.HasFlag(Troubles.Sticks) && last.GetValueOrDefault(row.Giver) > row.Serial)
                return $"item {row.Serial} of giver {row.Giver} came after {last[row.Giver]}";
            last[row.Giver] = Math.Max(last.GetValueOrDefault(row.Giver), row.Serial);
        }
        foreach (Row row in _promised.Values)
        {
            if (!seen.Contains(row.Digest))
                return $"item {row.Serial} was promised and is not stored";
        }
        return null;
    }

    private void Step()
    {
        _now += _chance.NextDouble() * LongestStep;
        WeekBox box = _boxes[_chance.Next(_boxes.Count)];
        if (_chance.Next(2) == 0)
            Give(box);
        if (_chance.Next(3) > 0)
            Commit(box);
        for (int i = _chance.Next(4); i > 0; i--)
        {
            Send(_boxes[_connected]);
            Deliver();
        }
        if (_chance.Next(12) == 0)
            Trouble(box);
        if (troubles.HasFlag(Troubles.Sticks) && _chance.Next(3) == 0)
            CarryStick(box);
    }

    private void Trouble(WeekBox box)
    {
        switch (_chance.Next(13))
        {
            case 0: CutPower(box); break;
            case 1: Connect(_chance.Next(_boxes.Count)); break;                         // the link breaks; whoever dials first has it
            case 2: _relay = _relay.Restarted(_relay.Generation + 1); break;
            case 3: _atBroker.Clear(); break;                                           // the broker dies with what it had acknowledged
            case 4: _backups.Add(_relay.Copy()); break;
            case 5: _image = box.Card.Copy(); break;
            case 6 when troubles.HasFlag(Troubles.RelayRestored) && _backups.Count > 0: RestoreRelay(_backups[_chance.Next(_backups.Count)]); break;
            case 7 when troubles.HasFlag(Troubles.CardRestored): ReplaceCard(box, _image.Copy(), "card restored"); break;
            case 8 when troubles.HasFlag(Troubles.CardReplaced): ReplaceCard(box, new WeekCard(++_storages), "card replaced"); break;
            case 9 when troubles.HasFlag(Troubles.CardCloned) && _boxes.Count == 1: Clone(box); break;
            // 1970, 2106, back and forth: nothing may hang on it.
            case 10: box.ClockMs = _chance.Next(3) switch { 0 => 0, 1 => uint.MaxValue * 1000L, _ => _chance.NextInt64(-1L << 40, 1L << 42) }; break;
            default: Connect(_connected); break;
        }
    }

    private void Give(WeekBox box)
    {
        int serial = ++_serials;
        // The digest of the model: spread out, and another for each item.
        UInt128 digest = new((ulong)serial * 0x9E3779B97F4A7C15, ((ulong)serial + 1) * 0xBF58476D1CE4E5B9);
        var row = new Row(digest, box.Name, serial, box.ClockMs + (long)_now.TotalMilliseconds);
        box.Pending.Add(row);
        if (mutation == Mutation.YesBeforeDisk)
            _promised[digest] = row;
    }

    /// <summary>One commit for all that waits, then "saved" to each.</summary>
    private void Commit(WeekBox box)
    {
        foreach (Row row in box.Pending)
        {
            box.Card.Outbox = box.Card.Outbox.Append();
            box.Card.Rows.Add(row);
            _promised[row.Digest] = row;
        }
        box.Pending.Clear();
    }

    private static void CutPower(WeekBox box)
    {
        // What was not synced is gone; nobody was told that it was kept.
        box.Pending.Clear();
        box.Window = default;
    }

    private void Connect(int box)
    {
        _connected = box;
        _boxes[box].Window = default;
        // What was on its way is lost, or a broker that keeps sessions gives it to whoever comes by this name.
        if (_chance.Next(2) == 0)
        {
            _up.Clear();
            _down.Clear();
        }
    }

    private void RestoreRelay(WeekRelay backup)
    {
        // What the backup lacks must still lie on a card: relay and card lost at once is a loss that nobody can mend.
        // And each card that has some of one giver's must have all: what two copies bring each in part cannot be in order.
        foreach (IGrouping<int, Row> lost in _relay.Stored.Skip(backup.Stored.Count).GroupBy(row => row.Giver))
        {
            WeekCard[] holders = [.. _boxes.Select(box => box.Card).Where(card => card.Rows.Exists(row => lost.Contains(row)))];
            if (holders.Length == 0 || !Array.TrueForAll(holders, card => card.Safe().IsSupersetOf(lost)))
                return;
        }
        _relay = backup.Restarted(_relay.Generation + 1);
        // Those that are younger than the one restored hold what the relay no longer knows.
        _backups.RemoveAll(other => other.Stored.Count > backup.Stored.Count);
        Count("relay restored");
    }

    private void ReplaceCard(WeekBox box, WeekCard card, string what)
    {
        box.Card = card;
        box.Pending.Clear();
        box.Window = default;
        // From now on it is another teller: what it gives stands behind what the former card's relay has.
        box.Name = ++_names;
        var held = new HashSet<UInt128>(_relay.Stored.Select(row => row.Digest).Concat(_boxes.SelectMany(other => other.Card.Rows).Select(row => row.Digest)));
        foreach (UInt128 lost in _promised.Keys.Where(digest => !held.Contains(digest)).ToArray())
            _promised.Remove(lost);
        // A backup from before would lose what lay on the lost card.
        _backups.Clear();
        Count(what);
    }

    private int _names;

    private void Clone(WeekBox box)
    {
        _boxes.Add(new WeekBox(box.Card.Copy()) { Name = ++_names });
        Count("card cloned");
    }

    private void Send(WeekBox box)
    {
        if (_up.Count >= MostQueued)
            return;
        if (!box.Window.Greeted)
        {
            _up.Add(box.Card.Batch(box.Card.Outbox.Acked + 1, 0));
            return;
        }
        if (box.Window.Next(box.Card.Outbox, MaxItems, MaxAhead) is { } next)
        {
            _up.Add(box.Card.Batch(next.First, next.Count));
            box.Window = box.Window.WithSent(next.First + next.Count - 1);
        }
        else if (_chance.Next(4) == 0 && box.Window.Waits(box.Card.Outbox))
        {
            box.Window = default;                                                       // waited long enough for an ack
        }
    }

    private void Deliver()
    {
        if (Take(_up) is { } sent && _atBroker.Count < MostQueued)
        {
            _atBroker.Add(sent);
            if (mutation == Mutation.RowsLeaveOnPuback)
                _boxes[_connected].Card.Puback(sent);
        }
        if (Take(_atBroker) is { } batch && _relay.Arrive(batch, _now) is { } reply)
            _down.Add(reply);
        if (Take(_down) is { } message)
            Hear(_boxes[_connected], message);
    }

    private void Hear(WeekBox box, DownMessage message)
    {
        box.Hear(message);
        if (mutation == Mutation.EpochsDropped && box.Card.Outbox.Epoch == 0)
            box.Card.Outbox = box.Card.Outbox with { Epoch = 1 };
    }

    private T? Take<T>(List<T> link) where T : class
    {
        if (link.Count == 0)
            return null;
        int at = !_healed && _chance.NextDouble() < Reorder ? _chance.Next(link.Count) : 0;
        T message = link[at];
        if (_healed || _chance.NextDouble() >= Duplication)
            link.RemoveAt(at);
        return !_healed && _chance.NextDouble() < Loss ? null : message;
    }

    private bool Drain(WeekBox box)
    {
        Commit(box);
        for (int step = 0; step < 2000; step++)
        {
            if (_up.Count + _atBroker.Count + _down.Count == 0)
            {
                if (box.Window.Greeted && box.Card.Outbox is { Unsent: 0, Epoch: > 0 })
                    return true;
                if (box.Window.Waits(box.Card.Outbox))
                {
                    // Nothing is on its way and something is owed: the wait for the ack ends.
                    box.Window = default;
                    _now += TimeSpan.FromMinutes(5);
                }
                Send(box);
            }
            Deliver();
        }
        return false;
    }

    /// <summary>What a caretaker with sticks adds: they are written, carried in any order, any number of times, and acks travel back on others.</summary>
    private void CarryStick(WeekBox box)
    {
        switch (_chance.Next(4))
        {
            case 0 when _sticks.Count < MostSticks:
                var stick = new List<Batch>();
                for (long next = box.Card.Outbox.Acked + 1; next <= box.Card.Outbox.Last; next += MaxItems)
                    stick.Add(box.Card.Batch(next, (int)Math.Min(MaxItems, box.Card.Outbox.Last - next + 1)));
                _sticks.Add(stick);
                break;
            case 1 when _sticks.Count > 0:
                // Pulled in the middle now and then: the first files of it are whole.
                List<Batch> carried = _sticks[_chance.Next(_sticks.Count)];
                foreach (Batch batch in carried.Take(_chance.Next(4) == 0 ? _chance.Next(carried.Count + 1) : carried.Count))
                    _relay.ArriveOnStick(batch);
                break;
            case 2 when _stickAcks.Count < MostSticks:
                _stickAcks.Add(_relay.Acks(box.Card.Storage));
                break;
            case 3 when _stickAcks.Count > 0:
                foreach (DownMessage message in _stickAcks[_chance.Next(_stickAcks.Count)])
                    Hear(box, message);
                break;
        }
    }

    private void Count(string what) => Happened[what] = Happened.GetValueOrDefault(what) + 1;
}

/// <summary>An item of the model. <paramref name="Serial"/> grows with time; <paramref name="WallMs"/> is what the box's clock said, and nobody reads it.</summary>
internal readonly record struct Row(UInt128 Digest, int Giver, int Serial, long WallMs);

internal sealed record Batch(EnvelopeHeader Header, Row[] Rows);

/// <summary>What lies on a card.</summary>
internal sealed class WeekCard(ulong storage)
{
    public const int Retained = 40;

    public ulong Storage => storage;
    public Outbox Outbox { get; set; }
    public List<Row> Rows { get; private init; } = [];

    public WeekCard Copy() => new(storage) { Outbox = Outbox, Rows = [.. Rows] };

    public Batch Batch(long first, int count)
    {
        var rows = new Row[count];
        Rows.CopyTo((int)(first - 1 - Outbox.Kept), rows, 0, count);
        return new Batch(new EnvelopeHeader(Outbox.Epoch, storage, first, Held(first - 1) ?? 0, count, DownThrough: 0), rows);
    }

    public ulong? Held(long sequence) => sequence > Outbox.Kept && sequence <= Outbox.Last ? (ulong)Rows[(int)(sequence - Outbox.Kept - 1)].Digest : null;

    public void Become(Outbox after)
    {
        Outbox trimmed = after.Trim(Retained);
        Rows.RemoveRange(0, (int)(trimmed.Kept - Outbox.Kept));
        Outbox = trimmed;
    }

    /// <summary>What is here and stays, whatever acks are still on their way.</summary>
    public HashSet<Row> Safe() => [.. Rows.Skip((int)Math.Max(0, Outbox.Acked - (Retained - SchoolWeek.MaxAhead) - Outbox.Kept))];

    /// <summary>The mutation's: takes the broker's word for the relay's.</summary>
    public void Puback(Batch batch)
    {
        if (batch.Header.Epoch == Outbox.Epoch && batch.Header.Last > Outbox.Acked && batch.Header.Last <= Outbox.Last)
            Become(Outbox with { Acked = batch.Header.Last });
    }
}

internal sealed class WeekBox(WeekCard card)
{
    /// <summary>Who gives: another after each change of the card, since what a former card held is not before or behind what this one gives.</summary>
    public int Name { get; set; }
    public WeekCard Card { get; set; } = card;
    public List<Row> Pending { get; } = [];
    public SendWindow Window { get; set; }
    public long ClockMs { get; set; }

    public void Hear(DownMessage message)
    {
        Outbox before = Card.Outbox;
        if (message.Ack is { } ack)
        {
            Outbox after = before.With(ack, Card.Held(ack.Through));
            Window = Window.With(ack, before, after);
            Card.Become(after);
        }
        else if (message.Epoch is { } grant && grant.Storage == Card.Storage && before.With(grant) is var granted && granted != before)
        {
            // Numbered anew: the first row that is here is number 1.
            Card.Outbox = granted;
            Window = SendWindow.Granted;
        }
    }
}

internal sealed class WeekRelay(Mutation mutation)
{
    private readonly Dictionary<UInt128, (long Epoch, long Sequence)> _places = [];
    private readonly Dictionary<(long Epoch, long Sequence), UInt128> _at = [];
    private readonly List<TimeSpan> _issued = [];
    private IngestCursor _cursor;

    public List<Row> Stored { get; } = [];
    public long Generation { get; private set; } = 1;

    public WeekRelay Copy()
    {
        var copy = new WeekRelay(mutation) { _cursor = _cursor, Generation = Generation };
        copy.Stored.AddRange(Stored);
        copy._issued.AddRange(_issued);
        foreach ((UInt128 digest, (long Epoch, long Sequence) place) in _places)
            copy._places[digest] = place;
        foreach (((long Epoch, long Sequence) place, UInt128 digest) in _at)
            copy._at[place] = digest;
        return copy;
    }

    public WeekRelay Restarted(long generation)
    {
        WeekRelay next = Copy();
        next.Generation = mutation == Mutation.GenerationIgnored ? 1 : generation;
        return next;
    }

    public DownMessage? Arrive(Batch batch, TimeSpan now)
    {
        if (mutation == Mutation.EpochsDropped)
            _cursor = _cursor with { Epoch = 1, Storage = 0 };
        EnvelopeHeader header = mutation == Mutation.EpochsDropped ? batch.Header with { Epoch = 1, Storage = 0, Previous = 0 } : batch.Header;
        IngestDecision decision = IngestRule.Decide(_cursor, header, i => batch.Rows[i].Digest, sequence => mutation == Mutation.EpochsDropped ? null : Held(sequence));
        decision = IngestRule.Bounded(decision, _cursor, RateAt(now));
        bool issues = decision.Cursor.Epoch != _cursor.Epoch;
        if (issues && _cursor.Epoch != 0)
            _issued.Add(now);
        _cursor = decision.Cursor;
        if (decision.Verdict == IngestVerdict.Accept || (mutation == Mutation.DedupOff && decision.Verdict == IngestVerdict.Duplicate))
            Keep(header, batch.Rows, mutation == Mutation.DedupOff ? 0 : decision.Skip, placed: true);
        return decision.Verdict switch
        {
            IngestVerdict.Wait => null,
            IngestVerdict.TellEpoch or IngestVerdict.NewEpoch or IngestVerdict.Clash => new DownMessage(Epoch: new EpochGrant(_cursor.Epoch, batch.Header.Storage, Generation)),
            _ => new DownMessage(Ack: Ack(decision.Verdict == IngestVerdict.Gap)),
        };
    }

    public void ArriveOnStick(Batch batch)
    {
        IngestDecision decision = IngestRule.DecideOneWay(_cursor, batch.Header, i => batch.Rows[i].Digest, Held);
        _cursor = decision.Cursor;
        if (decision.Verdict is IngestVerdict.Accept or IngestVerdict.Late or IngestVerdict.Ahead)
            Keep(batch.Header, batch.Rows, decision.Skip, placed: decision.Verdict == IngestVerdict.Accept);
    }

    public DownMessage[] Acks(ulong storage)
    {
        var ack = new DownMessage(Ack: Ack(resend: false));
        return _cursor.Epoch == 0 ? []
            : _cursor.Through == 0 && _cursor.Storage == storage ? [new DownMessage(Epoch: new EpochGrant(_cursor.Epoch, _cursor.Storage, Generation)), ack]
            : [ack];
    }

    private Ack Ack(bool resend) => new(_cursor.Epoch, _cursor.Through, Generation, mutation == Mutation.EpochsDropped ? 0 : (ulong)(Held(_cursor.Through) ?? 0), resend);

    private UInt128? Held(long sequence) => _at.TryGetValue((_cursor.Epoch, sequence), out UInt128 digest) ? digest : null;

    private EpochRate RateAt(TimeSpan now) =>
        new(_issued.Count(at => now - at < TimeSpan.FromDays(1)), _issued.Count == 0 ? null : now - _issued[^1]);

    private void Keep(EnvelopeHeader header, Row[] rows, int from, bool placed)
    {
        for (int i = from; i < rows.Length; i++)
        {
            UInt128 digest = rows[i].Digest;
            bool held = _places.TryGetValue(digest, out (long, long) former);
            if (!held || mutation == Mutation.DedupOff)
                Stored.Add(rows[i]);
            if (held && !placed)
                continue;
            // An item has one place: the one it came by last.
            if (held)
                _at.Remove(former);
            _places[digest] = placed ? (header.Epoch, header.First + i) : (-1, header.First + i);
            if (placed)
                _at[(header.Epoch, header.First + i)] = digest;
        }
    }
}
