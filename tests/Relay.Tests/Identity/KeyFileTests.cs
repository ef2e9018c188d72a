using System.Security.Cryptography;
using Relay.Cli;
using Relay.Identity;
using TestKit.Disk;
using Xunit;

namespace Relay.Tests.Identity;

public sealed class KeyFileTests : IDisposable
{
    private const string Passphrase = "a long enough passphrase";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_key_opens_with_its_passphrase_only_and_its_public_half_has_its_name()
    {
        string id = await KeyFile.CreateAsync(_folder.Path, "li", Passphrase, default);
        using ECDsa key = KeyFile.Open(_folder["li.key"], () => Passphrase);
        (string name, string publicKey) = KeyFile.ReadPublic(_folder["li.pub"]);
        Assert.Equal(("li", id, Edge.Core.Identity.PublicKeys.Of(key)), (name, Edge.Core.Identity.PublicKeys.IdOf(publicKey), publicKey));
        Assert.Contains("BEGIN ENCRYPTED PRIVATE KEY", await File.ReadAllTextAsync(_folder["li.key"]), StringComparison.Ordinal);
        Assert.Throws<CommandFailedException>(() => KeyFile.Open(_folder["li.key"], () => Passphrase + "x"));
        Assert.Throws<CommandFailedException>(() => KeyFile.Open(_folder["li.pub"], () => Passphrase));
        Assert.Throws<CommandFailedException>(() => KeyFile.ReadPublic(_folder["none.pub"]));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder["li.key"]));
    }

    [Theory]
    [InlineData("Li Mei", Passphrase)]
    [InlineData("../li", Passphrase)]
    [InlineData("li", "too short")]
    public async Task A_name_that_is_no_file_name_and_a_short_passphrase_are_refused(string name, string passphrase)
    {
        await Assert.ThrowsAsync<CommandFailedException>(() => KeyFile.CreateAsync(_folder.Path, name, passphrase, default));
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task A_key_is_never_overwritten()
    {
        await KeyFile.CreateAsync(_folder.Path, "li", Passphrase, default);
        await Assert.ThrowsAsync<CommandFailedException>(() => KeyFile.CreateAsync(_folder.Path, "li", Passphrase, default));
    }

    [Fact]
    public async Task A_backup_brings_every_key_and_root_back_and_overwrites_nothing()
    {
        string keys = _folder["keys"];
        using (RelayKeys made = await RelayKeys.OpenAsync(keys, ["localhost"], TimeProvider.System, default))
            await made.NewListKeyAsync(default);
        _folder.Write("keys/sessions/key.xml", "a session");
        Assert.Equal(8, await KeysBackup.WriteAsync(keys, _folder["backup"], Passphrase, default));
        await Assert.ThrowsAsync<CommandFailedException>(() => KeysBackup.RestoreAsync(_folder["backup"], keys, Passphrase, default));
        await Assert.ThrowsAsync<CommandFailedException>(() => KeysBackup.RestoreAsync(_folder["backup"], _folder["other"], Passphrase + "x", default));
        Assert.False(Directory.Exists(_folder["other"]));
        Assert.Equal(8, await KeysBackup.RestoreAsync(_folder["backup"], _folder["other"], Passphrase, default));
        foreach (string file in (string[])["ca.pem", "ca.key", "root.key", "lists.key", "seal.key", "staff.key", "roots/1.list"])
            Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(keys, file)), await File.ReadAllBytesAsync(_folder[$"other/{file}"]));
        using RelayKeys again = await RelayKeys.OpenAsync(_folder["other"], ["localhost"], TimeProvider.System, default);
        Assert.Equal(1, again.Trust.Version);
    }

    [Fact]
    public async Task A_backup_that_was_cut_or_changed_is_refused()
    {
        _folder.Write("keys/staff.key", "secret");
        await KeysBackup.WriteAsync(_folder["keys"], _folder["backup"], Passphrase, default);
        byte[] whole = await File.ReadAllBytesAsync(_folder["backup"]);
        Assert.NotNull(KeysBackup.Open(whole, Passphrase));
        // The head at every length; behind it a few, since each try costs the passphrase's 600 000 rounds.
        for (int length = 0; length < 53; length++)
            Assert.Null(KeysBackup.Open(whole.AsSpan(0, length), Passphrase));
        foreach (int length in (int[])[53, whole.Length / 2, whole.Length - 1])
            Assert.Null(KeysBackup.Open(whole.AsSpan(0, length), Passphrase));
        foreach (int place in (int[])[0, 9, 25, 37, 53, whole.Length - 1])
        {
            byte[] changed = [.. whole];
            changed[place] ^= 1;
            Assert.Null(KeysBackup.Open(changed, Passphrase));
        }
    }
}
