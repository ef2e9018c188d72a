using System.Globalization;
using System.Security.Cryptography;

namespace Edge.Box.Identity;

/// <summary>A PIN as the box keeps it: "1 rounds salt hash", PBKDF2 with SHA-256.</summary>
internal static class PinHash
{
    private const int Rounds = 100_000;
    private const int SaltBytes = 16;
    private const int HashBytes = 32;

    public static string Of(string pin)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return $"1 {Rounds} {Convert.ToBase64String(salt)} {Convert.ToBase64String(Hash(pin, salt, Rounds))}";
    }

    /// <summary>Whether <paramref name="kept"/> is a hash at all.</summary>
    public static bool IsSound(string kept) => Read(kept) is not null;

    public static bool Fits(string kept, string pin) => Read(kept) is var (rounds, salt, hash) && CryptographicOperations.FixedTimeEquals(Hash(pin, salt, rounds), hash);

    private static byte[] Hash(string pin, byte[] salt, int rounds) => Rfc2898DeriveBytes.Pbkdf2(pin, salt, rounds, HashAlgorithmName.SHA256, HashBytes);

    private static (int Rounds, byte[] Salt, byte[] Hash)? Read(string kept)
    {
        try
        {
            return kept.Split(' ', StringSplitOptions.TrimEntries) is ["1", var rounds, var salt, var hash] && int.Parse(rounds, CultureInfo.InvariantCulture) is > 0 and var turns
                ? (turns, Convert.FromBase64String(salt), Convert.FromBase64String(hash)) : null;
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            return null;
        }
    }
}
