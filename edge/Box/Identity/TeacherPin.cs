using System.Text;
using Edge.Core.Identity;
using Edge.Durable;

namespace Edge.Box.Identity;

/// <summary>The PIN of the school's teachers. Set on the box itself (<c>box pin</c>); only its hash is kept.</summary>
public sealed class TeacherPin(string folder, TimeProvider time) : IDisposable
{
    private readonly GuessLimit _limit = new(Path.Combine(folder, "teacher.guesses"), time);
    private readonly string _path = PathIn(folder);

    /// <summary>Whether a PIN was set.</summary>
    public bool IsSet => File.Exists(_path);

    /// <summary>Sets the PIN.</summary>
    /// <exception cref="ArgumentException">Not 6 to 12 digits.</exception>
    public static async Task SetAsync(string folder, string pin, CancellationToken cancellationToken)
    {
        if (!PinForm.IsTeachers(pin))
            throw new ArgumentException($"a PIN has {PinForm.MinTeacherDigits} to {PinForm.MaxTeacherDigits} digits", nameof(pin));
        Directory.CreateDirectory(folder);
        await DurableFile.WriteSecretAsync(PathIn(folder), Encoding.ASCII.GetBytes(PinHash.Of(pin) + "\n"), cancellationToken);
    }

    /// <inheritdoc cref="SetAsync(string, string, CancellationToken)"/>
    public Task SetAsync(string pin) => SetAsync(folder, pin, CancellationToken.None);

    /// <summary>Tries a PIN.</summary>
    /// <param name="pin">As typed.</param>
    /// <param name="phone">Who tries.</param>
    /// <param name="known">It was let in before.</param>
    /// <param name="isAnothers">Whether it is right for somebody else; looked at when it is not the school's.</param>
    /// <param name="cancellationToken">Ends the waiting for one's turn.</param>
    public async Task<(PinVerdict Verdict, TimeSpan Wait)> TryAsync(string? pin, string phone, bool known, Func<string, bool> isAnothers, CancellationToken cancellationToken)
    {
        if (!IsSet || await File.ReadAllTextAsync(_path, cancellationToken) is not { } kept || !PinHash.IsSound(kept))
            return (PinVerdict.None, default);
        return await _limit.TryAsync(phone, known, () => PinForm.IsTeachers(pin) && (PinHash.Fits(kept, pin!) || isAnothers(pin!)), cancellationToken);
    }

    public void Dispose() => _limit.Dispose();

    private static string PathIn(string folder) => Path.Combine(folder, "teacher.pin");
}
