using Edge.Core.Content;
using Edge.Core.Identity;
using Edge.Core.Text;
using TestKit.Content;
using Xunit;

namespace Edge.Core.Tests.Content;

public sealed class ListFreshnessTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly ListKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Theory]
    [InlineData(0, ListFreshness.Fresh)]
    [InlineData(30, ListFreshness.Fresh)]
    [InlineData(31, ListFreshness.Stale)]
    [InlineData(120, ListFreshness.Stale)]
    [InlineData(1000, ListFreshness.Stale)]
    [InlineData(1001, ListFreshness.Expired)]
    public void Plan_and_catalogue_grow_stale_and_the_root_expires(int days, ListFreshness freshness) =>
        Assert.Equal(freshness, State(30, 120, 1000).FreshnessAt(Noon.AddDays(days)));

    [Fact]
    public void Lists_without_an_end_are_always_fresh() => Assert.Equal(ListFreshness.Fresh, State(null, null, null).FreshnessAt(DateTimeOffset.MaxValue));

    [Fact]
    public void The_clock_may_lie_one_that_is_behind_is_taken_for_the_newest_signed_time()
    {
        ListState state = State(30, 120, 1000);
        Assert.Equal(ListFreshness.Fresh, state.FreshnessAt(DateTimeOffset.UnixEpoch));
        // A later plan shows that the time has come when the catalogue should have been renewed.
        Assert.Equal(ListVerdict.Accepted, state.Judge(_keys.Sign(ListKind.Plan, Plan(2, Noon.AddDays(121), null).ToPayload()), "hill", out ListState later));
        Assert.Equal(ListFreshness.Stale, later.FreshnessAt(DateTimeOffset.UnixEpoch));
    }

    [Fact]
    public void The_clock_may_lie_lists_are_taken_and_judged_alike_in_1970_and_2099()
    {
        // Judging has no clock to ask: all that time can do is to name the freshness.
        ListState state = State(30, 120, 1000);
        Assert.Equal(ListFreshness.Expired, state.FreshnessAt(new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.Zero)));
        Assert.Equal(ListVerdict.Accepted, state.Judge(_keys.Sign(ListKind.Plan, Plan(2, Noon.AddYears(-50), Noon.AddYears(-49)).ToPayload()), "hill", out ListState next));
        Assert.Equal((2L, Noon), (next.Plan!.Version, next.Floors.Issued));
    }

    [Fact]
    public void The_floors_keep_their_bytes_and_cut_at_any_length_they_are_none()
    {
        var id = ChunkId.Of("a"u8);
        byte[] bytes = new ListFloors(3, 17, 9, "hill", Noon, id).ToBytes();
        Assert.Equal($$"""{"root":3,"catalogue":17,"plan":9,"school":"hill","issued":"2026-03-01T12:00:00+00:00","pinned":"{{id}}"}""", System.Text.Encoding.UTF8.GetString(bytes));
        for (int length = 0; length < bytes.Length; length++)
            Assert.Null(ListFloors.Read(bytes.AsSpan(0, length)));
    }

    private ListState State(int? plan, int? catalogue, int? root)
    {
        var state = new ListState(_keys.Trust with { Expires = After(root) }, null, null);
        Assert.Equal(ListVerdict.Accepted, state.Judge(_keys.Sign(ListKind.Catalogue, new Catalogue(1, [], Noon, After(catalogue)).ToPayload()), "hill", out state));
        Assert.Equal(ListVerdict.Accepted, state.Judge(_keys.Sign(ListKind.Plan, Plan(1, Noon, After(plan)).ToPayload()), "hill", out state));
        return state;
    }

    private static SitePlan Plan(long version, DateTimeOffset issued, DateTimeOffset? expires) => new(version, "hill", LocalText.Of("en", "Hill"), [], [], issued, expires);

    private static DateTimeOffset? After(int? days) => days is { } some ? Noon.AddDays(some) : null;
}
