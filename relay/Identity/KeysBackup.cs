using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using Edge.Durable;
using Relay.Cli;

namespace Relay.Identity;

/// <summary>The keys folder in one file under a passphrase, to be kept apart from the relay.
/// Form: <c>EDGEKEYS1</c>, salt (16 bytes), nonce (12), tag (16), then a tar under AES-256-GCM with a key by PBKDF2 (SHA-256, 600 000 rounds).
/// The head is authenticated with the rest. Sessions of the console are left out: people sign in again.</summary>
public static class KeysBackup
{
    private const int SaltBytes = 16;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int KeyBytes = 32;
    private const int Rounds = 600_000;

    /// <summary>Longest backup read: thousands of roots.</summary>
    private const int MaxBytes = 256 << 20;

    private static ReadOnlySpan<byte> Magic => "EDGEKEYS1"u8;

    private static int HeadBytes => Magic.Length + SaltBytes + NonceBytes + TagBytes;

    /// <summary>Writes the backup of a keys folder.</summary>
    /// <returns>How many files are in it.</returns>
    public static async Task<int> WriteAsync(string folder, string path, string passphrase, CancellationToken cancellationToken)
    {
        if (passphrase.Length < KeyFile.MinPassphraseLength)
            throw new CommandFailedException($"a passphrase has at least {KeyFile.MinPassphraseLength} characters");
        string sessions = Path.Combine(folder, "sessions") + Path.DirectorySeparatorChar;
        string[] files = [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Where(file => !file.StartsWith(sessions, StringComparison.Ordinal) && !file.EndsWith(".tmp", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        using var plain = new MemoryStream();
        await using (var tar = new TarWriter(plain, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (string file in files)
                await tar.WriteEntryAsync(file, Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/'), cancellationToken);
        }
        byte[] salt = RandomNumberGenerator.GetBytes(SaltBytes);
        byte[] nonce = RandomNumberGenerator.GetBytes(NonceBytes);
        byte[] tag = new byte[TagBytes];
        byte[] hidden = new byte[plain.Length];
        using (var cipher = new AesGcm(KeyOf(passphrase, salt), TagBytes))
            cipher.Encrypt(nonce, plain.GetBuffer().AsSpan(0, hidden.Length), hidden, tag, [.. Magic, .. salt]);
        await DurableFile.WriteSecretAsync(path, (byte[])[.. Magic, .. salt, .. nonce, .. tag, .. hidden], cancellationToken);
        return files.Length;
    }

    /// <summary>Puts a backup back, beside what is there nothing is touched: a folder that has keys is refused.</summary>
    /// <returns>How many files were written.</returns>
    /// <exception cref="CommandFailedException">No backup, a wrong passphrase, or there are keys already.</exception>
    public static async Task<int> RestoreAsync(string path, string folder, string passphrase, CancellationToken cancellationToken)
    {
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new CommandFailedException($"{folder} has keys; move them away first");
        if (!File.Exists(path) || new FileInfo(path).Length > MaxBytes)
            throw new CommandFailedException($"there is no backup {path}");
        using var plain = new MemoryStream(Open(await File.ReadAllBytesAsync(path, cancellationToken), passphrase) ?? throw new CommandFailedException($"{path} is no backup, is damaged, or the passphrase is wrong"));
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string inside = Path.GetFullPath(folder) + Path.DirectorySeparatorChar;
        int count = 0;
        await using var tar = new TarReader(plain);
        while (await tar.GetNextEntryAsync(copyData: true, cancellationToken) is { } entry)
        {
            string target = Path.GetFullPath(Path.Combine(folder, entry.Name));
            if (entry.DataStream is not { } data || !target.StartsWith(inside, StringComparison.Ordinal))
                continue;
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            byte[] bytes = new byte[data.Length];
            await data.ReadExactlyAsync(bytes, cancellationToken);
            await DurableFile.WriteSecretAsync(target, bytes, cancellationToken);
            count++;
        }
        return count;
    }

    /// <summary>The tar; null when the bytes are no backup, were changed, or the passphrase is another.</summary>
    internal static byte[]? Open(ReadOnlySpan<byte> bytes, string passphrase)
    {
        if (bytes.Length < HeadBytes || !bytes.StartsWith(Magic))
            return null;
        ReadOnlySpan<byte> salt = bytes.Slice(Magic.Length, SaltBytes);
        ReadOnlySpan<byte> nonce = bytes.Slice(Magic.Length + SaltBytes, NonceBytes);
        ReadOnlySpan<byte> tag = bytes.Slice(Magic.Length + SaltBytes + NonceBytes, TagBytes);
        byte[] plain = new byte[bytes.Length - HeadBytes];
        try
        {
            using var cipher = new AesGcm(KeyOf(passphrase, salt), TagBytes);
            cipher.Decrypt(nonce, bytes[HeadBytes..], tag, plain, bytes[..(Magic.Length + SaltBytes)]);
            return plain;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    private static byte[] KeyOf(string passphrase, ReadOnlySpan<byte> salt) => Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(passphrase), salt, Rounds, HashAlgorithmName.SHA256, KeyBytes);
}
