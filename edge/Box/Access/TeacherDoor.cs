using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using Edge.Box.Identity;
using Edge.Core.Identity;
using Edge.Core.Panel;

namespace Edge.Box.Access;

/// <summary>How far a sign-in has come.</summary>
public enum DoorStep
{
    /// <summary>It may not be, or no longer.</summary>
    Shut,
    /// <summary>HELP must be pressed at the box.</summary>
    Waiting,
    In,
}

/// <summary>Which phones teachers sign in from. One that was never here waits, after the right PIN, until somebody presses HELP at the box; on a box without buttons the PIN suffices.
/// Temporary teachers have a PIN of their own until a day. A forgotten PIN of the school is set anew by holding HELP.</summary>
public sealed class TeacherDoor : IDisposable
{
    /// <summary>How long a phone waits for the press.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private const int MaxPhones = 100;
    private const int MaxTemporary = 10;
    private const int MaxNameLength = 40;

    /// <summary>Phones that wait at one time; further ones are told to come back.</summary>
    private const int MaxWaiting = 8;

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly TeacherPin _pin;
    private readonly AccessPorts _ports;
    private readonly TimeProvider _time;
    private readonly string _path;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly Lock _gate = new();
    private readonly List<Waiting> _waiting = [];
    private readonly Dictionary<string, string?> _letIn = [];
    private readonly Dictionary<string, long> _blindDay = [];
    private volatile TeachersFile _file;

    public TeacherDoor(TeacherPin pin, AccessPorts ports, TimeProvider time)
    {
        _pin = pin;
        _ports = ports;
        _time = time;
        Directory.CreateDirectory(ports.Folder);
        _path = Path.Combine(ports.Folder, "teachers.json");
        _file = AccessFiles.Read(_path, TeacherJson.Default.TeachersFile) ?? new TeachersFile(1, [], []);
    }

    public ImmutableArray<TeacherPhone> Phones => _file.Phones;

    public ImmutableArray<TemporaryTeacher> Temporary => _file.Temporary;

    /// <summary>Whether a PIN can be set with a hand at the box.</summary>
    public bool HasButtons => _ports.HasButtons;

    /// <summary>The phone that the display shows: one that knew the PIN before one that wants another.</summary>
    public PhoneAtDoor? Shown
    {
        get
        {
            lock (_gate)
            {
                Tidy();
                return _waiting.OrderBy(phone => phone.NewPin is not null).FirstOrDefault() is { } first ? new PhoneAtDoor(first.Number, first.NewPin is not null) : null;
            }
        }
    }

    /// <summary>Tries a PIN: the school's, or a temporary teacher's whose days are not over.</summary>
    public async Task<(PinVerdict Verdict, TimeSpan Wait, DoorStep Step, string? Teacher)> SignInAsync(string phone, string guesser, string? pin, CancellationToken cancellationToken)
    {
        await SweepAsync();
        string? teacher = null;
        bool known = Phones.Any(entry => entry.Phone == phone);
        (PinVerdict verdict, TimeSpan wait) = await _pin.TryAsync(pin, guesser, known, typed => (teacher = Temporary.FirstOrDefault(one => !IsOver(one.Name) && PinHash.Fits(one.Pin, typed))?.Name) is not null, cancellationToken);
        if (verdict != PinVerdict.Right)
            return (verdict, wait, DoorStep.Shut, null);
        if (teacher is not null)
            await CountBlindAsync(teacher);
        if (Phones.Any(entry => entry.Phone == phone && entry.Teacher == teacher))
            return (verdict, wait, DoorStep.In, teacher);
        if (HasButtons)
            return (verdict, wait, Ask(phone, teacher, newPin: null) ? DoorStep.Waiting : DoorStep.Shut, teacher);
        await KnowAsync(phone, teacher);
        return (verdict, wait, DoorStep.In, teacher);
    }

    /// <summary>Asks for another PIN of the school; one phone at a time. Nothing changes before HELP was held at the box.</summary>
    public bool AskForPin(string phone, string pin) => HasButtons && PinForm.IsTeachers(pin) && Ask(phone, teacher: null, pin);

    /// <summary>What a phone shows while it waits; null: it does not.</summary>
    public PhoneAtDoor? AskOf(string phone)
    {
        lock (_gate)
        {
            Tidy();
            return _waiting.Find(entry => entry.Phone == phone) is { } asks ? new PhoneAtDoor(asks.Number, asks.NewPin is not null) : null;
        }
    }

    /// <summary>Somebody pressed HELP at the box for this number.</summary>
    public async Task LetInAsync(int number)
    {
        Waiting? first;
        lock (_gate)
        {
            Tidy();
            first = _waiting.Find(entry => entry.Number == number);
            if (first is null)
                return;
        }
        if (first.NewPin is { } pin)
        {
            await _pin.SetAsync(pin);
            // Whoever knew the former PIN begins anew, with a press.
            await ChangeAsync(file => file with { Phones = [] });
        }
        await KnowAsync(first.Phone, first.Teacher);
        // Only now, both at once: its page looks all the time, and finds it waiting or let in.
        lock (_gate)
        {
            _waiting.Remove(first);
            _letIn[first.Phone] = first.Teacher;
        }
    }

    /// <summary>Whether the phone was let in since it began to wait; says so once.</summary>
    public bool Take(string? phone, out string? teacher)
    {
        teacher = null;
        lock (_gate)
            return phone is not null && _letIn.Remove(phone, out teacher);
    }

    /// <summary>Forgets a phone: it needs a press again.</summary>
    public Task ForgetAsync(int number) => ChangeAsync(file => file with { Phones = file.Phones.RemoveAll(phone => phone.Number == number) });

    /// <summary>Makes a temporary teacher, and tells the PIN this once.</summary>
    /// <param name="name">1 to 40 letters; the same name again gives a new PIN and a new last day.</param>
    /// <param name="until">The last day.</param>
    /// <returns>Null: no name, too many, or no day that may be.</returns>
    public async Task<string?> AddAsync(string name, DateOnly until)
    {
        DateOnly? today = Today;
        int days = today is { } date ? until.DayNumber - date.DayNumber + 1 : TeacherTerm.MaxDays / 10;
        if (name.Length is 0 or > MaxNameLength || name.Any(char.IsControl) || days is < 1 or > TeacherTerm.MaxDays || Temporary.Count(one => one.Name != name) >= MaxTemporary)
            return null;
        string pin = RandomNumberGenerator.GetInt32(1_000_000).ToString("D6", CultureInfo.InvariantCulture);
        var added = new TemporaryTeacher(name, PinHash.Of(pin), new TeacherTerm(until, days, 0));
        await ChangeAsync(file => file with { Temporary = [.. file.Temporary.RemoveAll(one => one.Name == name), added], Phones = file.Phones.RemoveAll(phone => phone.Teacher == name) });
        return pin;
    }

    /// <summary>Ends a temporary teacher's rights now.</summary>
    public Task RemoveAsync(string name) => ChangeAsync(file => file with { Temporary = file.Temporary.RemoveAll(one => one.Name == name), Phones = file.Phones.RemoveAll(phone => phone.Teacher == name) });

    /// <summary>Whether a teacher may be signed in on a phone: it is known as theirs, and their days are not over.</summary>
    public bool MaySign(string phone, string? teacher) => Phones.Any(entry => entry.Phone == phone && entry.Teacher == teacher) && (teacher is null || !IsOver(teacher));

    private bool IsOver(string name)
    {
        if (Temporary.FirstOrDefault(one => one.Name == name) is not { } teacher)
            return true;
        if (Today is { } today)
            return teacher.Term.IsOver(today);
        // The day that was counted last may be worked to its end.
        lock (_gate)
        {
            if (_blindDay.TryGetValue(name, out long since) && _time.GetElapsedTime(since) < Day)
                return false;
        }
        return teacher.Term.IsOver(null);
    }

    /// <summary>Takes away for good who is over, so that no clock that steps back brings anybody back.</summary>
    private async Task SweepAsync()
    {
        if (Today is { } today && Temporary.Any(one => one.Term.IsOver(today)))
            await ChangeAsync(file => file with { Temporary = file.Temporary.RemoveAll(one => one.Term.IsOver(today)) });
    }

    public void Dispose() => _writing.Dispose();

    private DateOnly? Today => _ports.Now() is { } now ? DateOnly.FromDateTime(now.ToLocalTime().DateTime) : null;

    /// <summary>Counts a day that is worked without a date; another one after each start, and after 24 hours.</summary>
    private async Task CountBlindAsync(string name)
    {
        if (Today is not null)
            return;
        lock (_gate)
        {
            if (_blindDay.TryGetValue(name, out long since) && _time.GetElapsedTime(since) < Day)
                return;
            _blindDay[name] = _time.GetTimestamp();
        }
        await ChangeAsync(file => file with { Temporary = [.. file.Temporary.Select(one => one.Name == name ? one with { Term = one.Term with { BlindUsed = one.Term.BlindUsed + 1 } } : one)] });
    }

    private bool Ask(string phone, string? teacher, string? newPin)
    {
        lock (_gate)
        {
            Tidy();
            _waiting.RemoveAll(entry => entry.Phone == phone);
            if (_waiting.Count >= MaxWaiting || (newPin is not null && _waiting.Any(entry => entry.NewPin is not null)))
                return false;
            int number;
            do
                number = RandomNumberGenerator.GetInt32(100, 1_000);
            while (_waiting.Any(entry => entry.Number == number));
            _waiting.Add(new Waiting(number, phone, teacher, newPin, _time.GetTimestamp()));
            return true;
        }
    }

    private void Tidy() => _waiting.RemoveAll(entry => _time.GetElapsedTime(entry.Since) > Patience);

    private Task KnowAsync(string phone, string? teacher) => ChangeAsync(file =>
    {
        int number = NumberFor(file);
        return file with { Phones = [.. file.Phones.RemoveAll(entry => entry.Phone == phone).TakeLast(MaxPhones - 1), new TeacherPhone(phone, number, teacher)] };
    });

    private static int NumberFor(TeachersFile file) => Enumerable.Range(1, MaxPhones + 1).First(number => file.Phones.All(phone => phone.Number != number));

    private async Task ChangeAsync(Func<TeachersFile, TeachersFile> change)
    {
        await _writing.WaitAsync();
        try
        {
            TeachersFile next = change(_file);
            await AccessFiles.WriteAsync(_path, next, TeacherJson.Default.TeachersFile);
            _file = next;
        }
        finally
        {
            _writing.Release();
        }
    }

    private sealed record Waiting(int Number, string Phone, string? Teacher, string? NewPin, long Since);
}
