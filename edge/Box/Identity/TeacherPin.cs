using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Edge.Core.Identity;
using Edge.Durable;

namespace Edge.Box.Identity;

/// <summary>What came of a PIN.</summary>
public enum PinVerdict
{
    Right,
    Wrong,
    /// <summary>Too many wrong ones: none is looked at for a while.</summary>
    Locked,
    /// <summary>No PIN was set on this box.</summary>
    None,
}

/// <summary>The PIN of the school's teachers. Set on the box itself (<c>box pin</c>); only its PBKDF2 hash is kept. Wrong tries are counted on disk before the PIN is looked at,
/// so that pulling the plug gives none for free; the waiting is counted anew from each start.</summary>
public sealed class TeacherPin(string folder, TimeProvider time) : IDisposable
{
    private const int Rounds = 100_000;
    private const int SaltBytes = 16;
    private const int HashBytes = 32;

    private readonly SemaphoreSlim _trying = new(1);
    private readonly string _pinPath = Path.Combine(folder, "teacher.pin");
    private readonly string _triesPath = Path.Combine(folder, "teacher.tries");
    private long _since = time.GetTimestamp();

    /// <summary>Whether a PIN was set.</summary>
    public bool IsSet => File.Exists(_pinPath);

    /// <summary>Sets the PIN and forgets wrong tries.</summary>
    /// <exception cref="ArgumentException">Not 6 to 12 digits.</exception>
    public static async Task SetAsync(string folder, string pin, CancellationToken cancellationToken)
    {
        if (!PinLock.IsPin(pin))
            throw new ArgumentException($"a PIN has {PinLock.MinDigits} to {PinLock.MaxDigits} digits", nameof(pin));
        Directory.CreateDirectory(folder);
        byte[] salt = RandomNumberGenerator.GetBytes(SaltBytes);
        await DurableFile.WriteSecretAsync(Path.Combine(folder, "teacher.pin"), Encoding.ASCII.GetBytes($"1 {Rounds} {Convert.ToBase64String(salt)} {Convert.ToBase64String(Hash(pin, salt, Rounds))}\n"), cancellationToken);
        File.Delete(Path.Combine(folder, "teacher.tries"));
    }

    /// <summary>Tries a PIN.</summary>
    public async Task<(PinVerdict Verdict, TimeSpan Wait)> TryAsync(string? pin, CancellationToken cancellationToken)
    {
        await _trying.WaitAsync(cancellationToken);
        try
        {
            if (!IsSet || Read() is not { } held)
                return (PinVerdict.None, default);
            PinLock tries = Tries();
            TimeSpan left = tries.Wait - time.GetElapsedTime(_since);
            if (left > TimeSpan.Zero)
                return (PinVerdict.Locked, left);
            PinLock failed = tries.Failed();
            await DurableFile.WriteAsync(_triesPath, Encoding.ASCII.GetBytes(failed.Failures.ToString(CultureInfo.InvariantCulture)), cancellationToken);
            if (PinLock.IsPin(pin) && CryptographicOperations.FixedTimeEquals(Hash(pin!, held.Salt, held.Rounds), held.Hash))
            {
                File.Delete(_triesPath);
                return (PinVerdict.Right, default);
            }
            _since = time.GetTimestamp();
            return (PinVerdict.Wrong, failed.Wait);
        }
        finally
        {
            _trying.Release();
        }
    }

    public void Dispose() => _trying.Dispose();

    private static byte[] Hash(string pin, byte[] salt, int rounds) => Rfc2898DeriveBytes.Pbkdf2(pin, salt, rounds, HashAlgorithmName.SHA256, HashBytes);

    /// <summary>A file of tries that cannot be read counts as all free ones used.</summary>
    private PinLock Tries() => !File.Exists(_triesPath) ? default
        : new PinLock(int.TryParse(File.ReadAllText(_triesPath), NumberStyles.None, CultureInfo.InvariantCulture, out int failures) ? failures : PinLock.FreeTries);

    private (int Rounds, byte[] Salt, byte[] Hash)? Read()
    {
        string[] parts = File.ReadAllText(_pinPath).Split(' ', StringSplitOptions.TrimEntries);
        try
        {
            return parts is ["1", var rounds, var salt, var hash] ? (int.Parse(rounds, CultureInfo.InvariantCulture), Convert.FromBase64String(salt), Convert.FromBase64String(hash)) : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
