using System.Globalization;
using System.Text;
using Edge.Core.Identity;
using Edge.Durable;

namespace Edge.Box.Identity;

/// <summary>What came of a PIN.</summary>
public enum PinVerdict
{
    Right,
    Wrong,
    /// <summary>This phone has mistyped too often and waits a little.</summary>
    Wait,
    /// <summary>The whole box has heard too many wrong ones; of phones that it does not know none is looked at for a while.</summary>
    Spent,
    /// <summary>There is no PIN here that could be right.</summary>
    None,
}

/// <summary>Stands before the PINs of one kind. A try is on disk as used up before the PIN is looked at, and given back when it was right: pulling the plug gives none for free.
/// Time without power fills nothing up, and no clock that is set does.</summary>
public sealed class GuessLimit(string path, TimeProvider time) : IDisposable
{
    /// <summary>Phones whose mistyping is remembered; the one that has been quiet longest is forgotten for a further one.</summary>
    private const int MaxPhones = 2_000;

    /// <summary>Tries that wait for the one being looked at; further ones are told to come back.</summary>
    private const int MaxWaiting = 64;

    private static readonly TimeSpan ComeBack = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _trying = new(1);
    private readonly Dictionary<string, (GuessDelay Delay, long At)> _phones = [];
    private int _waiting;
    private GuessShares? _level;
    private long _levelAt;

    /// <summary>Looks at one PIN, if that may be.</summary>
    /// <param name="phone">Who tries: the phone's own mark, or its address.</param>
    /// <param name="known">It was let in before.</param>
    /// <param name="isRight">Looks; called at most once.</param>
    /// <param name="cancellationToken">Ends the waiting for one's turn.</param>
    public async Task<(PinVerdict Verdict, TimeSpan Wait)> TryAsync(string phone, bool known, Func<bool> isRight, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            return (PinVerdict.Wait, ComeBack);
        }
        try
        {
            await _trying.WaitAsync(cancellationToken);
            try
            {
                if (_phones.TryGetValue(phone, out var mistyped) && mistyped.Delay.Wait - time.GetElapsedTime(mistyped.At) is var left && left > TimeSpan.Zero)
                    return (PinVerdict.Wait, left);
                GuessShares level = Level();
                if (level.Spend(known) is not { } spent)
                    return (PinVerdict.Spent, level.WaitOf(known));
                // To its end, whoever gives up waiting for the answer: what is taken from memory must be taken on disk.
                await KeepAsync(spent);
                if (isRight())
                {
                    await KeepAsync(level);
                    return (PinVerdict.Right, default);
                }
                return (PinVerdict.Wrong, Failed(phone));
            }
            finally
            {
                _trying.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Dispose() => _trying.Dispose();

    private TimeSpan Failed(string phone)
    {
        GuessDelay delay = _phones.GetValueOrDefault(phone).Delay.Failed();
        if (_phones.Count >= MaxPhones && !_phones.ContainsKey(phone))
            _phones.Remove(_phones.MinBy(entry => entry.Value.At).Key);
        _phones[phone] = (delay, time.GetTimestamp());
        return delay.Wait;
    }

    private GuessShares Level()
    {
        GuessShares level = (_level ?? Read()).After(_level is null ? TimeSpan.Zero : time.GetElapsedTime(_levelAt));
        (_level, _levelAt) = (level, time.GetTimestamp());
        return level;
    }

    private async Task KeepAsync(GuessShares level)
    {
        await DurableFile.WriteAsync(path, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"1 {level.Open.Ticks} {level.Known.Ticks}\n")), CancellationToken.None);
        _level = level;
    }

    /// <summary>A file that cannot be read counts as all used up.</summary>
    private GuessShares Read() => !File.Exists(path) ? GuessShares.Full
        : File.ReadAllText(path).Split(' ', StringSplitOptions.TrimEntries) is ["1", var open, var known]
            && long.TryParse(open, NumberStyles.None, CultureInfo.InvariantCulture, out long openTicks) && long.TryParse(known, NumberStyles.None, CultureInfo.InvariantCulture, out long knownTicks)
            ? new GuessShares(TimeSpan.FromTicks(openTicks), TimeSpan.FromTicks(knownTicks)).After(TimeSpan.Zero) : default;
}
