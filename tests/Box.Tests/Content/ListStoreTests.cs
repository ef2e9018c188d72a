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

    private ListStore Open() => new(_folder.Path, () => _keys.Root, () => _school, NullLogger<ListStore>.Instance);

    private static Task<ListVerdict> AcceptAsync(ListStore lists, ListKind kind, byte[] bytes) => lists.AcceptAsync(bytes, kind, default);

    private byte[] Catalogue(long version) => _keys.Sign(ListKind.Catalogue, new Catalogue(version, []).ToPayload()).ToBytes();

    private byte[] Plan(long version) => _keys.Sign(ListKind.Plan, Payload(version).ToPayload()).ToBytes();

    private static SitePlan Payload(long version) => new(version, "hill", LocalText.Of("en", "Hill"), [], []);
}
