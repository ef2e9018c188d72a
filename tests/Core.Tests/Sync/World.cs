using Edge.Core.Feedback;
using Edge.Core.Sync;
using Edge.Core.Tests.Feedback;
using Xunit;

namespace Edge.Core.Tests.Sync;

/// <summary>A box, a relay and a bad link between them, in steps. Everything that decides is the product's; only disks and wire are played.</summary>
internal sealed class World(int seed)
{
    private readonly Random _chance = new(seed);
    private readonly List<byte[]> _up = [];
    private readonly List<DownMessage> _down = [];
    private ulong _number;
    private ulong _storages;
    private SimBox _box = new(1);
    private SimRelay _relay = new();
    private SimRelay _backup = new();
    private SimBox _image = new(1);

    public double Loss { get; set; } = 0.3;
    public double Duplication { get; set; } = 0.15;
    public double Reorder { get; set; } = 0.2;

    /// <summary>What the box said "saved" to and never lost with its card.</summary>
    public List<UInt128> Promised { get; } = [];

    public IReadOnlyList<UInt128> OnRelay => _relay.Stored;

    public long Unsent => _box.Outbox.Unsent;

    public void Step()
    {
        switch (_chance.Next(100))
        {
            case < 30: Give(); break;
            case < 55: Send(); break;
            case < 90: Deliver(); break;
            case < 92: _box = _box with { Window = default }; break;                     // box or link restarts
            case < 94: _relay = _relay.Restarted(); break;
            case < 96: _backup = _relay.Copy(); break;
            case < 97: RestoreRelay(); break;
            case < 98: _image = _box.Copy(); break;
            case < 99 when CardMayBeRestored: RestoreCard(); break;
            default: _box = _box with { Window = default }; break;
        }
    }

    /// <summary>What a day with a caretaker adds: sticks are written, carried in any order, any number of times, and acks travel back on others.</summary>
    public void StickStep()
    {
        switch (_chance.Next(4))
        {
            case 0 when _sticks.Count < MostSticks:
                var stick = new List<byte[]>();
                for (long next = _box.Outbox.Acked + 1; next <= _box.Outbox.Last; next += 5)
                    stick.Add(_box.Envelope(next, (int)Math.Min(5, _box.Outbox.Last - next + 1)));
                _sticks.Add(stick);
                break;
            case 1 when _sticks.Count > 0:
                // Pulled in the middle now and then: the first files of it are whole.
                List<byte[]> carried = _sticks[_chance.Next(_sticks.Count)];
                foreach (byte[] envelope in carried.Take(_chance.Next(4) == 0 ? _chance.Next(carried.Count + 1) : carried.Count))
                {
                    Assert.Equal(EnvelopeRead.Whole, Envelope.Read(envelope, out EnvelopeHeader header, out var items));
                    _relay.ArriveOneWay(header, items);
                }
                break;
            case 2 when _acks.Count < MostSticks:
                _acks.Add(_relay.Acks(_box.Storage));
                break;
            case 3 when _acks.Count > 0:
                foreach (DownMessage message in _acks[_chance.Next(_acks.Count)])
                    _box = _box.Heard(message);
                break;
        }
    }

    private const int MostSticks = 20;
    private readonly List<List<byte[]>> _sticks = [];
    private readonly List<DownMessage[]> _acks = [];

    /// <summary>The card is set back to an image taken earlier; what was given since and not yet stored is lost with it.</summary>
    public bool CardMayBeRestored { get; set; }

    public void RunUntilQuiet()
    {
        Loss = Duplication = Reorder = 0;
        Drain();
        _box = _box with { Window = default };                                           // a relay that restarted last is met at the next connect
        Drain();
    }

    private void Drain()
    {
        for (int step = 0; step < 5_000 && (_box.Outbox.Unsent > 0 || _box.Outbox.Epoch == 0 || _up.Count + _down.Count > 0 || !_box.Window.Greeted); step++)
        {
            if (_up.Count + _down.Count == 0)
            {
                // Nothing on its way: what is owed went lost, so the wait for the ack ends.
                if (_box.Window.Waits(_box.Outbox))
                    _box = _box with { Window = default };
                Send();
            }
            Deliver();
        }
    }

    private void Give()
    {
        FeedbackItem item = Items.Question(++_number, $"Question {_number}?");
        _box = _box with { Outbox = _box.Outbox.Append(), Rows = [.. _box.Rows, item] };
        Promised.Add(item.Digest());
    }

    private void Send()
    {
        if (!_box.Window.Greeted)
        {
            _up.Add(_box.Envelope(_box.Outbox.Acked + 1, 0));
            return;
        }
        if (_box.Window.Next(_box.Outbox, maxItems: 5, maxAhead: 15) is not { } next)
        {
            if (_chance.Next(4) == 0 && _box.Window.Waits(_box.Outbox))
                _box = _box with { Window = default };                                   // waited long enough for an ack
            return;
        }
        _up.Add(_box.Envelope(next.First, next.Count));
        _box = _box with { Window = _box.Window.WithSent(next.First + next.Count - 1) };
    }

    private void Deliver()
    {
        if (Take(_up) is { } envelope)
        {
            Assert.Equal(EnvelopeRead.Whole, Envelope.Read(envelope, out EnvelopeHeader header, out var items));
            _down.Add(_relay.Arrive(header, items));
        }
        if (Take(_down) is { } message)
            _box = _box.Heard(message);
    }

    private T? Take<T>(List<T> link) where T : class
    {
        if (link.Count == 0)
            return null;
        int at = _chance.NextDouble() < Reorder ? _chance.Next(link.Count) : 0;
        T message = link[at];
        if (_chance.NextDouble() >= Duplication)
            link.RemoveAt(at);
        return _chance.NextDouble() < Loss ? null : message;
    }

    // A backup older than the window that a box keeps is a loss that nobody can mend: see to it that there is none.
    private void RestoreRelay()
    {
        if (_relay.Stored.Count - _backup.Stored.Count <= SimBox.Retained / 2)
            _relay = _backup.Copy(after: _relay.Generation);
    }

    private void Forget(SimBox box)
    {
        var held = _relay.Stored.Concat(box.Rows.Select(row => row.Digest())).ToHashSet();
        Promised.RemoveAll(digest => !held.Contains(digest));
    }

    private void RestoreCard()
    {
        Forget(_image);
        _box = _image.Copy() with { Window = default };
        _backup = _relay.Copy();                                                         // relay and card at once is a loss nobody can mend
        if (_chance.Next(3) == 0)
            _box = _box with { Storage = 1000 + ++_storages };
    }
}

internal sealed record SimBox(ulong Storage)
{
    public const int Retained = 40;

    public Outbox Outbox { get; init; }
    public SendWindow Window { get; init; }
    public System.Collections.Immutable.ImmutableList<FeedbackItem> Rows { get; init; } = [];

    public SimBox Copy() => this with { };

    public byte[] Envelope(long first, int count) => Core.Sync.Envelope.Write(
        new EnvelopeHeader(Outbox.Epoch, Storage, first, Held(first - 1) ?? 0, count, DownThrough: 0),
        [.. Rows.Skip((int)(first - 1 - Outbox.Kept)).Take(count)]);

    private ulong? Held(long sequence) =>
        sequence > Outbox.Kept && sequence <= Outbox.Last ? (ulong)Rows[(int)(sequence - Outbox.Kept - 1)].Digest() : null;

    public SimBox Heard(DownMessage message)
    {
        if (message.Ack is { } ack)
        {
            Outbox after = Outbox.With(ack, Held(ack.Through));
            SendWindow window = Window.With(ack, Outbox, after);
            Outbox trimmed = after.Trim(Retained);
            return this with { Outbox = trimmed, Window = window, Rows = Rows.RemoveRange(0, (int)(trimmed.Kept - Outbox.Kept)) };
        }
        if (message.Epoch is { } grant && grant.Storage == Storage && Outbox.With(grant) is var granted && granted != Outbox)
            return this with { Outbox = granted, Window = SendWindow.Granted };
        return this;
    }
}

internal sealed class SimRelay
{
    private IngestCursor _cursor;
    private Dictionary<(long Epoch, long Sequence), UInt128> _at = [];

    public List<UInt128> Stored { get; private init; } = [];
    public long Generation { get; private init; } = 1;

    public SimRelay Restarted() => Copy(after: Generation);

    public SimRelay Copy(long after = -1) => new()
    {
        _cursor = _cursor,
        _at = new(_at),
        Stored = [.. Stored],
        Generation = after < 0 ? Generation : after + 1,
    };

    public DownMessage[] Acks(ulong storage)
    {
        var ack = new DownMessage(Ack: new Ack(_cursor.Epoch, _cursor.Through, Generation, _at.TryGetValue((_cursor.Epoch, _cursor.Through), out UInt128 last) ? (ulong)last : 0));
        return _cursor.Epoch == 0 ? [] : _cursor.Through == 0 && _cursor.Storage == storage ? [new DownMessage(Epoch: new EpochGrant(_cursor.Epoch, _cursor.Storage, Generation)), ack] : [ack];
    }

    public void ArriveOneWay(EnvelopeHeader header, System.Collections.Immutable.ImmutableArray<FeedbackItem> items)
    {
        IngestDecision decision = IngestRule.DecideOneWay(_cursor, header, i => items[i].Digest(),
            sequence => _at.TryGetValue((_cursor.Epoch, sequence), out UInt128 digest) ? digest : null);
        _cursor = decision.Cursor;
        for (int i = decision.Skip; decision.Verdict is IngestVerdict.Accept or IngestVerdict.Late or IngestVerdict.Ahead && i < items.Length; i++)
        {
            UInt128 digest = items[i].Digest();
            if (!Stored.Contains(digest))
                Stored.Add(digest);
            if (decision.Verdict == IngestVerdict.Accept)
                _at[(header.Epoch, header.First + i)] = digest;
        }
    }

    public DownMessage Arrive(EnvelopeHeader header, System.Collections.Immutable.ImmutableArray<FeedbackItem> items)
    {
        IngestDecision decision = IngestRule.Decide(_cursor, header, i => items[i].Digest(),
            sequence => _at.TryGetValue((_cursor.Epoch, sequence), out UInt128 digest) ? digest : null);
        _cursor = decision.Cursor;
        if (decision.Verdict == IngestVerdict.Accept)
        {
            for (int i = decision.Skip; i < items.Length; i++)
            {
                UInt128 digest = items[i].Digest();
                if (!Stored.Contains(digest))
                    Stored.Add(digest);
                _at[(header.Epoch, header.First + i)] = digest;
            }
        }
        return decision.Verdict is IngestVerdict.TellEpoch or IngestVerdict.NewEpoch or IngestVerdict.Clash
            ? new DownMessage(Epoch: new EpochGrant(_cursor.Epoch, header.Storage, Generation))
            : new DownMessage(Ack: new Ack(_cursor.Epoch, _cursor.Through, Generation,
                _at.TryGetValue((_cursor.Epoch, _cursor.Through), out UInt128 last) ? (ulong)last : 0, Resend: decision.Verdict == IngestVerdict.Gap));
    }
}
