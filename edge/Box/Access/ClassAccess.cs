using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using Edge.Box.Identity;
using Edge.Core.Feedback;
using Edge.Core.Identity;
using Edge.Core.Live;
using Microsoft.Extensions.Options;

namespace Edge.Box.Access;

/// <summary>Classes with a PIN, and the phones that are in them. A class without a PIN is open, as is all watching and reading.
/// Who is in stays in over restarts; idle time and the end of the lesson sign out, as the teacher does.</summary>
public sealed class ClassAccess : IDisposable
{
    private readonly AccessPorts _ports;
    private readonly AccessOptions _options;
    private readonly TimeProvider _time;
    private readonly GuessLimit _limit;
    private readonly string _classesPath;
    private readonly string _seatsPath;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (SeatEntry Entry, long Used)> _seats = [];
    private ImmutableArray<string> _known;
    private ImmutableSortedDictionary<string, ClassEntry> _classes;

    public ClassAccess(AccessPorts ports, IOptions<AccessOptions> options, TimeProvider time)
    {
        _ports = ports;
        _options = options.Value;
        _time = time;
        Directory.CreateDirectory(ports.Folder);
        _limit = new GuessLimit(Path.Combine(ports.Folder, "class.guesses"), time);
        _classesPath = Path.Combine(ports.Folder, "classes.json");
        _seatsPath = Path.Combine(ports.Folder, "seats.json");
        _classes = (AccessFiles.Read(_classesPath, AccessJson.Default.ClassesFile)?.Classes ?? []).ToImmutableSortedDictionary(entry => entry.Name, entry => entry, StringComparer.OrdinalIgnoreCase);
        SeatsFile? seats = AccessFiles.Read(_seatsPath, AccessJson.Default.SeatsFile);
        _known = seats?.Known ?? [];
        foreach (SeatEntry entry in seats?.Seats ?? [])
            _seats[entry.Phone] = (entry, time.GetTimestamp());
    }

    /// <summary>Names of the classes that have a PIN.</summary>
    public IEnumerable<string> Classes => _classes.Keys;

    public bool HasPin(string? className) => className is not null && _classes.ContainsKey(className);

    /// <summary>How many phones are in a class.</summary>
    public int CountIn(string className)
    {
        lock (_gate)
            return _seats.Values.Count(seat => IsOf(seat.Entry, className) && !IsOver(seat.Entry, seat.Used));
    }

    /// <summary>Gives a class a new PIN and tells it, this once. Phones that are in stay in.</summary>
    /// <returns>Null: no name of a class, or there are too many.</returns>
    public async Task<string?> SetPinAsync(string className)
    {
        if (!Seat.IsClass(className) || (!HasPin(className) && _classes.Count >= _options.MaxClasses))
            return null;
        string pin = RandomNumberGenerator.GetInt32(10_000).ToString("D4", CultureInfo.InvariantCulture);
        await ChangeAsync(classes => classes.SetItem(className, new ClassEntry(className, PinHash.Of(pin))));
        return pin;
    }

    /// <summary>Opens a class again: it has no PIN any more.</summary>
    public async Task RemoveAsync(string className)
    {
        await ChangeAsync(classes => classes.Remove(className));
        await SignOutAllAsync(className);
    }

    /// <summary>Joins a class with its PIN.</summary>
    /// <param name="phone">Its mark.</param>
    /// <param name="guesser">Who waits for wrong PINs.</param>
    /// <param name="className">The class.</param>
    /// <param name="seat">1 to 999.</param>
    /// <param name="pin">As typed.</param>
    /// <param name="cancellationToken">Ends the waiting for one's turn.</param>
    public async Task<(PinVerdict Verdict, TimeSpan Wait)> JoinAsync(string phone, string guesser, string className, int seat, string? pin, CancellationToken cancellationToken)
    {
        (PinVerdict verdict, TimeSpan wait) = await CheckAsync(phone, guesser, className, pin, cancellationToken);
        if (verdict == PinVerdict.Right && _classes.GetValueOrDefault(className) is { } entry)
            await LetInAsync(phone, entry.Name, seat);
        return (verdict, wait);
    }

    /// <summary>Looks at a class's PIN for a phone that has yet to choose its seat; a wrong one counts as with <see cref="JoinAsync"/>.</summary>
    public Task<(PinVerdict Verdict, TimeSpan Wait)> CheckAsync(string phone, string guesser, string className, string? pin, CancellationToken cancellationToken)
    {
        ClassEntry? entry = _classes.GetValueOrDefault(className);
        return _limit.TryAsync(guesser, _known.Contains(phone), () => entry is not null && PinForm.IsClass(pin) && PinHash.Fits(entry.Pin, pin!), cancellationToken);
    }

    /// <summary>The class and seat of a phone; null: it is in none. A tap: idle time begins anew.</summary>
    public SeatEntry? SeatOf(string? phone)
    {
        lock (_gate)
        {
            if (phone is null || !_seats.TryGetValue(phone, out var seat))
                return null;
            if (IsOver(seat.Entry, seat.Used) || !HasPin(seat.Entry.Class))
            {
                _seats.Remove(phone);
                return null;
            }
            _seats[phone] = (seat.Entry, _time.GetTimestamp());
            return seat.Entry;
        }
    }

    /// <summary>Who gives an item, where a class has a PIN: the seat in which the phone is, whatever it says. A phone that is not in may still ask and report, without a name; null: what it gives needs a seat.</summary>
    public Seat? Giver(string? phone, FeedbackKind kind, Seat claimed) =>
        claimed.Role != SeatRole.Pupil || !HasPin(claimed.Class) ? claimed
        : SeatOf(phone) is { } sits && IsOf(sits, claimed.Class) ? claimed with { Class = sits.Class, Number = sits.Seat }
        : kind is FeedbackKind.Question or FeedbackKind.Problem or FeedbackKind.HelpRequest ? new Seat(claimed.Class, 0, SeatRole.Room)
        : null;

    public Task SignOutAsync(string phone) => SignOutAsync(seat => seat.Phone == phone);

    /// <summary>Signs out all phones of a class.</summary>
    public Task SignOutAllAsync(string className) => SignOutAsync(seat => IsOf(seat, className));

    public void Dispose()
    {
        _limit.Dispose();
        _writing.Dispose();
    }

    private async Task LetInAsync(string phone, string className, int seat)
    {
        string? lesson = SchoolBell.At(_ports.Plan()?.Lessons.RemoveAll(planned => !string.Equals(planned.Class, className, StringComparison.OrdinalIgnoreCase)) ?? [], className, _ports.Now())?.Id;
        lock (_gate)
        {
            foreach (string over in _seats.Where(held => IsOver(held.Value.Entry, held.Value.Used)).Select(held => held.Key).ToArray())
                _seats.Remove(over);
            if (_seats.Count >= _options.MaxSeats && !_seats.ContainsKey(phone))
                _seats.Remove(_seats.MinBy(held => held.Value.Used).Key);
            _seats[phone] = (new SeatEntry(phone, className, seat, lesson), _time.GetTimestamp());
            _known = [.. _known.Remove(phone).TakeLast(_options.MaxPhones - 1), phone];
        }
        await KeepSeatsAsync();
    }

    private async Task SignOutAsync(Func<SeatEntry, bool> which)
    {
        lock (_gate)
        {
            foreach (string phone in _seats.Values.Where(held => which(held.Entry)).Select(held => held.Entry.Phone).ToArray())
                _seats.Remove(phone);
        }
        await KeepSeatsAsync();
    }

    private bool IsOver(SeatEntry entry, long used) =>
        _time.GetElapsedTime(used) > _options.SeatIdle
        || (entry.Lesson is { } id && _ports.Plan()?.Lesson(id) is { } lesson && SchoolBell.OverFor(lesson, _ports.Now()) > _options.SeatAfterLesson);

    private static bool IsOf(SeatEntry seat, string className) => string.Equals(seat.Class, className, StringComparison.OrdinalIgnoreCase);

    private async Task ChangeAsync(Func<ImmutableSortedDictionary<string, ClassEntry>, ImmutableSortedDictionary<string, ClassEntry>> change)
    {
        await _writing.WaitAsync();
        try
        {
            ImmutableSortedDictionary<string, ClassEntry> next = change(_classes);
            await AccessFiles.WriteAsync(_classesPath, new ClassesFile(1, [.. next.Values]), AccessJson.Default.ClassesFile);
            _classes = next;
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task KeepSeatsAsync()
    {
        await _writing.WaitAsync();
        try
        {
            SeatsFile now;
            lock (_gate)
                now = new SeatsFile(1, [.. _seats.Values.Select(held => held.Entry)], _known);
            await AccessFiles.WriteAsync(_seatsPath, now, AccessJson.Default.SeatsFile);
        }
        finally
        {
            _writing.Release();
        }
    }
}
