using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Edge.Core.Identity;
using Relay.Content;
using Relay.Identity;
using TestKit.Content;
using TestKit.Disk;
using Xunit;

namespace Relay.Tests.Identity;

public sealed class RootTests : IAsyncLifetime
{
    private TrustHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await TrustHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public void The_first_start_makes_a_working_root_of_one_key()
    {
        TrustRoot root = _host.Keys.Trust;
        Assert.Equal((1L, 1, 1, null), (root.Version, root.Root.Threshold, root.Catalogue.Threshold, root.Publish));
        Assert.Equal(Convert.ToBase64String(_host.Keys.SealingKeys[0].ExportSubjectPublicKeyInfo()), root.Sealing);
    }

    [Fact]
    public async Task A_root_needs_the_old_and_its_own_threshold_and_every_version_stays_to_be_walked()
    {
        SignedList first = _host.Keys.Root;
        TrustRoot next = RootMaker.After(_host.Keys.Trust, root => root with { Root = RootMaker.Role(2, _host.Roots) }, _host.Roots);
        using ECDsa key = _host.FirstRootKey();
        foreach (SignedList refused in (SignedList[])[RootMaker.Sign(next), RootMaker.Sign(next, key), RootMaker.Sign(next, key, _host.Roots[0]), RootMaker.Sign(next, _host.Roots)])
            Assert.Equal(HttpStatusCode.BadRequest, (await _host.PublishRootAsync(refused)).Status);
        Assert.Equal(1, _host.Keys.Trust.Version);
        Assert.Equal(HttpStatusCode.OK, (await _host.PublishRootAsync(RootMaker.Sign(next, key, _host.Roots[0], _host.Roots[1]))).Status);
        Assert.Equal(2, _host.Keys.Trust.Version);
        // The relay's own first key counts for nothing now.
        TrustRoot third = RootMaker.After(next, root => root);
        Assert.Equal(HttpStatusCode.BadRequest, (await _host.PublishRootAsync(RootMaker.Sign(third, key, _host.Roots[0]))).Status);
        Assert.Equal(HttpStatusCode.OK, (await _host.PublishRootAsync(RootMaker.Sign(third, _host.Roots[1], _host.Roots[2]))).Status);
        var lists = _host.Console.Get<ListPublisher>();
        RootWalk walk = RootChain.Walk(TrustRoot.Read(first.Payload.Span)!, Enumerable.Range(1, 3).Select(version => SignedList.TryParse(lists.Root(version), out SignedList list) ? list : null!));
        Assert.Equal(3, walk.Root.Version);
        Assert.Null(lists.Root(4));
        Assert.Null(lists.Root(0));
    }

    [Fact]
    public async Task What_cannot_follow_is_refused_with_the_reason()
    {
        using ECDsa key = _host.FirstRootKey();
        TrustRoot trust = _host.Keys.Trust;
        async Task<string> ReasonAsync(SignedList list) => (await _host.PublishRootAsync(list)).Answer.GetProperty("error").GetString()!;
        Assert.Contains("the next is 2", await ReasonAsync(RootMaker.Sign(trust with { Version = 3 }, key)), StringComparison.Ordinal);
        Assert.Contains("no sound root", await ReasonAsync(SignedList.Sign(ListKind.Root, "{}"u8.ToArray(), key)), StringComparison.Ordinal);
        Assert.Contains("no list", (await _host.PostAsync("/api/keys/root", new { })).Answer.GetProperty("error").GetString(), StringComparison.Ordinal);
        // A root that takes the relay's own keys away would leave every school without lists.
        TrustRoot foreign = RootMaker.After(trust, root => root with { Catalogue = RootMaker.Role(1, _host.Roots[0]) }, _host.Roots[0]);
        Assert.Contains("no key for lists that this relay holds", await ReasonAsync(RootMaker.Sign(foreign, key)), StringComparison.Ordinal);
        (HttpStatusCode status, JsonElement again) = await _host.PublishRootAsync(_host.Keys.Root);
        Assert.Equal((HttpStatusCode.OK, false), (status, again.GetProperty("published").GetBoolean()));
    }

    [Fact]
    public async Task A_rotated_list_key_signs_the_next_lists_and_the_former_one_is_refused()
    {
        SignedList before = Parse(await _host.Console.Get<ListPublisher>().CatalogueAsync(default));
        string publicKey = (await _host.PostAsync("/api/keys/lists", new { })).Answer.GetProperty("publicKey").GetString()!;
        string id = PublicKeys.IdOf(publicKey)!;
        using ECDsa key = _host.FirstRootKey();
        TrustRoot next = _host.Keys.Trust with { Version = 2, Keys = _host.Keys.Trust.Keys.SetItem(id, publicKey), Catalogue = new TrustRole([id], 1), Plan = new TrustRole([id], 1) };
        Assert.Equal(HttpStatusCode.OK, (await _host.PublishRootAsync(RootMaker.Sign(next, key))).Status);
        SignedList after = Parse(await _host.Console.Get<ListPublisher>().CatalogueAsync(default));
        Assert.True(next.Trusts(after));
        Assert.False(next.Trusts(before));
    }

    [Fact]
    public async Task Roots_and_rotated_keys_survive_a_restart_without_the_root_key_and_a_hole_in_the_chain_is_said()
    {
        using var folder = new TempFolder();
        string keys = folder["keys"];
        using (RelayKeys made = await RelayKeys.OpenAsync(keys, ["localhost"], TimeProvider.System, default))
        {
            using var rootKey = ECDsa.Create();
            rootKey.ImportFromPem(await File.ReadAllTextAsync(Path.Combine(keys, "root.key")));
            string publicKey = await made.NewListKeyAsync(default);
            string id = PublicKeys.IdOf(publicKey)!;
            TrustRoot second = RootMaker.After(made.Trust, root => root with { Root = RootMaker.Role(1, _host.Roots[0]), Keys = root.Keys.SetItem(id, publicKey), Catalogue = new TrustRole([id], 1), Plan = new TrustRole([id], 1) }, _host.Roots[0]);
            Assert.Equal(RootOutcome.Published, await made.PublishRootAsync(RootMaker.Sign(second, rootKey, _host.Roots[0]), default));
            Assert.Equal(RootOutcome.Published, await made.PublishRootAsync(RootMaker.Sign(RootMaker.After(made.Trust, root => root), _host.Roots[0]), default));
        }
        // The offline keys' holders take the first root key away.
        File.Delete(Path.Combine(keys, "root.key"));
        using (RelayKeys again = await RelayKeys.OpenAsync(keys, ["localhost"], TimeProvider.System, default))
        {
            Assert.Equal(3, again.Trust.Version);
            Assert.True(again.Trust.Trusts(again.Sign(ListKind.Plan, "{}"u8.ToArray())));
        }
        Assert.False(File.Exists(Path.Combine(keys, "root.key")));
        File.Delete(Path.Combine(keys, "roots", "2.list"));
        await Assert.ThrowsAsync<CryptographicException>(() => RelayKeys.OpenAsync(keys, ["localhost"], TimeProvider.System, default));
    }

    [Fact]
    public async Task Private_keys_are_readable_by_the_relays_user_alone()
    {
        await _host.PostAsync("/api/keys/lists", new { });
        await _host.PostAsync("/api/keys/sealing", new { });
        string[] files = Directory.GetFiles(Path.Combine(_host.Console.DataFolder, "keys"), "*.key");
        Assert.Contains(files, file => Path.GetFileName(file).StartsWith("lists-", StringComparison.Ordinal));
        Assert.Contains(files, file => Path.GetFileName(file).StartsWith("seal-", StringComparison.Ordinal));
        if (OperatingSystem.IsWindows())
            return;
        Assert.All(files, file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(_host.Console.DataFolder, "keys")));
    }

    private static SignedList Parse(byte[] bytes) => SignedList.TryParse(bytes, out SignedList list) ? list : throw new InvalidDataException("no list");
}
