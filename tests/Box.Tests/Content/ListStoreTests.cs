using System.Security.Cryptography;
using Edge.Box.Content;
using Edge.Core.Content;
using Edge.Core.Identity;
using Edge.Core.Text;
using Microsoft.Extensions.Logging.Abstractions;
using TestKit.Content;
using TestKit.Disk;
using Xunit;

namespace Edge.Box.Tests.Content;

public sealed class ListStoreTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ListKeys _keys = new();
    private string? _school = "hill";

    public void Dispose()
    {
        _keys.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_newest_verified_list_of_each_kind_survives_a_restart()
    {
        using (ListStore lists = Open())
        {
            int changes = 0;
            lists.Changed += () => changes++;
            Assert.Equal(ListVerdict.Accepted, await AcceptAsync(lists, ListKind.Catalogue, Catalogue(3)));
            Assert.Equal(ListVerdict.Accepted, await AcceptAsync(lists, ListKind.Plan, Plan(5)));
            Assert.Equal(2, changes);
        }
        using ListStore again = Open();
        Assert.Equal((3L, 5L), (again.Current!.Catalogue!.Version, again.Current.Plan!.Version));
        Assert.Equal(ChunkId.Of(Plan(5)).ToString().Length, again.TagOf(ListKind.Plan).ToString()!.Length);
    }

    [Fact]
    public async Task Nothing_unsigned_is_shown_nothing_old_replaces_new()
    {
        using ListStore lists = Open();
        byte[] held = Plan(5);
        Assert.Equal(ListVerdict.Accepted, await AcceptAsync(lists, ListKind.Plan, held));
        using var stranger = new ListKeys();
        SitePlan newer = Payload(6);
        Assert.True(SignedList.TryParse(held, out SignedList signed));
        (byte[] Bytes, ListVerdict Verdict)[] attempts =
        [
            (Plan(4), ListVerdict.Older),
            (Plan(5), ListVerdict.Held),
            (new SignedList(ListKind.Plan, [], newer.ToPayload()).ToBytes(), ListVerdict.Untrusted),
            (stranger.Sign(ListKind.Plan, newer.ToPayload()).ToBytes(), ListVerdict.Untrusted),
            ((signed with { Payload = newer.ToPayload() }).ToBytes(), ListVerdict.Untrusted),
            // The root's key may not sign plans.
            (new SignedList(ListKind.Plan, _keys.Sign(ListKind.Root, newer.ToPayload()).Signatures, newer.ToPayload()).ToBytes(), ListVerdict.Untrusted),
            (_keys.Sign(ListKind.Plan, (newer with { School = "valley" }).ToPayload()).ToBytes(), ListVerdict.Untrusted),
            (_keys.Sign(ListKind.Plan, "{}"u8.ToArray()).ToBytes(), ListVerdict.Malformed),
            (_keys.Sign(ListKind.Catalogue, newer.ToPayload()).ToBytes(), ListVerdict.Malformed),
            ([], ListVerdict.Malformed),
            (new byte[SignedList.MaxBytes + 1], ListVerdict.Malformed),
        ];
        foreach ((byte[] bytes, ListVerdict verdict) in attempts)
        {
            Assert.Equal(verdict, await AcceptAsync(lists, ListKind.Plan, bytes));
            Assert.Equal(5, lists.Current!.Plan!.Version);
        }
        using ListStore again = Open();
        Assert.Equal(5, again.Current!.Plan!.Version);
    }

    [Fact]
    public async Task A_list_cut_at_any_length_is_refused()
    {
        using ListStore lists = Open();
        byte[] whole = Plan(5);
        for (int length = 0; length < whole.Length; length++)
            Assert.NotEqual(ListVerdict.Accepted, await AcceptAsync(lists, ListKind.Plan, whole[..length]));
        Assert.Null(lists.Current!.Plan);
    }

    [Fact]
    public async Task A_list_that_was_changed_on_disk_counts_for_nothing()
    {
        using (ListStore lists = Open())
            await AcceptAsync(lists, ListKind.Plan, Plan(5));
        byte[] bytes = await File.ReadAllBytesAsync(_folder["plan.list"]);
        bytes[^3] ^= 1;
        _folder.Write("plan.list", bytes);
        using ListStore again = Open();
        Assert.Null(again.Current!.Plan);
        Assert.Equal(ListVerdict.Accepted, await AcceptAsync(again, ListKind.Plan, Plan(5)));
    }

    [Fact]
    public async Task Before_the_claim_nothing_is_trusted()
    {
        _school = null;
        using ListStore lists = Open();
        Assert.Equal(ListVerdict.Untrusted, await AcceptAsync(lists, ListKind.Plan, Plan(5)));
        using var unclaimed = new ListStore(_folder["none"], () => null, () => null, NullLogger<ListStore>.Instance);
        Assert.Null(unclaimed.Current);
        Assert.Null(unclaimed.TagOf(ListKind.Plan));
        Assert.Equal(ListVerdict.Untrusted, await AcceptAsync(unclaimed, ListKind.Plan, Plan(5)));
    }

    [Fact]
    public async Task A_box_that_changed_schools_takes_the_new_schools_plan_whatever_its_number()
    {
        using ListStore lists = Open();
        await AcceptAsync(lists, ListKind.Plan, Plan(5));
        _school = "valley";
        byte[] plan = _keys.Sign(ListKind.Plan, (Payload(2) with { School = "valley" }).ToPayload()).ToBytes();
        Assert.Equal(ListVerdict.Accepted, await AcceptAsync(lists, ListKind.Plan, plan));
        Assert.Equal(ListVerdict.Untrusted, await AcceptAsync(lists, ListKind.Plan, Plan(9)));
    }

    [Fact]
    public async Task A_box_walks_the_roots_and_goes_on_from_there_after_a_restart()
    {
        using var later = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        List<byte[]> roots = [];
        TrustRoot root = _keys.Trust;
        for (int i = 0; i < 5; i++)
            roots.Add(_keys.Sign(ListKind.Root, (root = RootMaker.After(root, next => next)).ToPayload()).ToBytes());
        using (ListStore lists = Open())
        {
            Assert.Equal(ListVerdict.Untrusted, await lists.AcceptRootsAsync(roots[1..], default));
            Assert.Equal(ListVerdict.Accepted, await lists.AcceptRootsAsync(roots[..2], default));
            Assert.Equal(ListVerdict.Accepted, await lists.AcceptRootsAsync(roots, default));
            Assert.Equal(ListVerdict.Held, await lists.AcceptRootsAsync(roots, default));
            Assert.Equal(ListVerdict.Malformed, await lists.AcceptRootsAsync([[1]], default));
            Assert.Equal(6, lists.VersionOf(ListKind.Root));
        }
        using ListStore again = Open();
        Assert.Equal(6, again.VersionOf(ListKind.Root));
    }

    [Fact]
    public async Task Nothing_unsigned_is_shown_what_a_key_signs_after_it_was_rotated_out_is_refused_and_what_it_signed_before_goes_on()
    {
        using var fresh = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using (ListStore lists = Open())
        {
            // The thief of the key signs the highest number there is: it must not lock the true lists out.
            await AcceptAsync(lists, ListKind.Catalogue, Catalogue(long.MaxValue));
            await AcceptAsync(lists, ListKind.Plan, Plan(5));
            TrustRoot rotated = RootMaker.After(_keys.Trust, root => root with { Catalogue = RootMaker.Role(1, fresh), Plan = RootMaker.Role(1, fresh) }, fresh);
            Assert.Equal(ListVerdict.Accepted, await AcceptAsync(lists, ListKind.Root, _keys.Sign(ListKind.Root, rotated.ToPayload()).ToBytes()));
            Assert.Equal(ListVerdict.Untrusted, await AcceptAsync(lists, ListKind.Plan, Plan(6)));
            Assert.Equal(5, lists.Current!.Plan!.Version);
        }
        using ListStore again = Open();
        Assert.Equal((long.MaxValue, 5L), (again.Current!.Catalogue!.Version, again.Current.Plan!.Version));
        Assert.Equal(ListVerdict.Untrusted, await AcceptAsync(again, ListKind.Plan, Plan(6)));
        Assert.Equal(ListVerdict.Accepted, await AcceptAsync(again, ListKind.Catalogue, SignedList.Sign(ListKind.Catalogue, new Catalogue(3, []).ToPayload(), fresh).ToBytes()));
        Assert.Equal(ListVerdict.Accepted, await AcceptAsync(again, ListKind.Plan, SignedList.Sign(ListKind.Plan, Payload(2).ToPayload(), fresh).ToBytes()));
        Assert.Equal((3L, 2L), (again.Current!.Catalogue!.Version, again.Current.Plan!.Version));
    }

    [Fact]
    public async Task Nothing_old_replaces_new_even_when_the_list_itself_was_lost()
    {
        using (ListStore lists = Open())
            await AcceptAsync(lists, ListKind.Plan, Plan(5));
        File.Delete(_folder["plan.list"]);
        using ListStore again = Open();
        Assert.Equal(ListVerdict.Older, await AcceptAsync(again, ListKind.Plan, Plan(4)));
        Assert.Equal(ListVerdict.Accepted, await AcceptAsync(again, ListKind.Plan, Plan(5)));
    }

    [Fact]
    public async Task A_new_claim_begins_anew_whatever_numbers_the_former_relay_had_come_to()
    {
        using (ListStore lists = Open())
        {
            await AcceptAsync(lists, ListKind.Catalogue, Catalogue(500));
            await AcceptAsync(lists, ListKind.Plan, Plan(500));
        }
        using var other = new ListKeys();
        using var again = new ListStore(_folder.Path, () => other.Root, () => _school, NullLogger<ListStore>.Instance);
        Assert.Null(again.Current!.Plan);
        Assert.Equal(ListVerdict.Untrusted, await AcceptAsync(again, ListKind.Plan, Plan(501)));
        Assert.Equal(ListVerdict.Accepted, await AcceptAsync(again, ListKind.Plan, other.Sign(ListKind.Plan, Payload(1).ToPayload()).ToBytes()));
    }

    [Fact]
    public async Task Nothing_unsigned_is_shown_a_root_planted_on_disk_counts_for_nothing()
    {
        using (ListStore lists = Open())
            await AcceptAsync(lists, ListKind.Plan, Plan(5));
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        TrustRoot planted = RootMaker.After(_keys.Trust, root => root with { Root = RootMaker.Role(1, stranger), Plan = RootMaker.Role(1, stranger) }, stranger);
        _folder.Write("roots.chain", RootChain.ToBytes([RootMaker.Sign(planted, stranger)]));
        using ListStore again = Open();
        Assert.Equal((1L, 5L), (again.VersionOf(ListKind.Root), again.Current!.Plan!.Version));
    }

    [Fact]
    public async Task Unplug_at_any_instant_a_lost_or_cut_chain_file_takes_no_lesson_away_and_trusts_no_former_key()
    {
        using var fresh = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        TrustRoot rotated = RootMaker.After(_keys.Trust, root => root with { Plan = RootMaker.Role(1, fresh) }, fresh);
        byte[] root = _keys.Sign(ListKind.Root, rotated.ToPayload()).ToBytes();
        using (ListStore lists = Open())
        {
            await AcceptAsync(lists, ListKind.Plan, Plan(5));
            await AcceptAsync(lists, ListKind.Root, root);
        }
        byte[] whole = await File.ReadAllBytesAsync(_folder["roots.chain"]);
        foreach (int length in (int[])[0, 1, 20, whole.Length / 2, whole.Length - 1])
        {
            _folder.Write("roots.chain", [.. whole.Take(length)]);
            using ListStore cut = Open();
            Assert.Equal((1L, 5L), (cut.VersionOf(ListKind.Root), cut.Current!.Plan!.Version));
            Assert.Equal(ListVerdict.Untrusted, await AcceptAsync(cut, ListKind.Plan, Plan(6)));
        }
        using ListStore again = Open();
        Assert.Equal(ListVerdict.Accepted, await AcceptAsync(again, ListKind.Root, root));
        Assert.Equal(ListVerdict.Accepted, await AcceptAsync(again, ListKind.Plan, SignedList.Sign(ListKind.Plan, Payload(6).ToPayload(), fresh).ToBytes()));
    }

    private ListStore Open() => new(_folder.Path, () => _keys.Root, () => _school, NullLogger<ListStore>.Instance);

    private static Task<ListVerdict> AcceptAsync(ListStore lists, ListKind kind, byte[] bytes) => lists.AcceptAsync(bytes, kind, default);

    [Fact]
    public async Task A_catalogue_of_80_000_packs_comes_into_force_and_is_so_after_a_restart()
    {
        var catalogue = new Catalogue(9, [.. Enumerable.Range(0, 80_000).Select(n => new CataloguePack($"pack-{n:00000}", [new CatalogueVersion(1, ChunkId.Of(BitConverter.GetBytes(n)), 2_000 + n, n % 1_000 == 7, LengthBytes: 3_000_000L * n)]))]);
        byte[] bytes = _keys.Sign(ListKind.Catalogue, catalogue.ToPayload()).ToBytes();
        using (ListStore lists = Open())
            Assert.Equal(ListVerdict.Accepted, await AcceptAsync(lists, ListKind.Catalogue, bytes));
        using ListStore again = Open();
        Catalogue held = again.Current!.Catalogue!;
        Assert.Equal((9L, ChunkId.Of(bytes)), (held.Version, again.TagOf(ListKind.Catalogue)!.Value));
        foreach (CataloguePack pack in catalogue.Packs)
            Assert.Equal(pack.Versions[0].Manifest, held.Find(pack.Id, 1)!.Manifest);
        Assert.Equal(80, held.All.Count(pack => pack.Versions[0].Withdrawn));
        Assert.Null(held.Find("pack-80000"));
    }

    private byte[] Catalogue(long version) => _keys.Sign(ListKind.Catalogue, new Catalogue(version, []).ToPayload()).ToBytes();

    private byte[] Plan(long version) => _keys.Sign(ListKind.Plan, Payload(version).ToPayload()).ToBytes();

    private static SitePlan Payload(long version) => new(version, "hill", LocalText.Of("en", "Hill"), [], []);
}
