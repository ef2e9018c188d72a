using Dapper;
using Edge.Core.Content;
using Edge.Core.Text;
using TestKit.Disk;
using Xunit;

namespace Relay.Tests.Content;

public sealed class ListPublisherTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Morning = new(2026, 3, 2, 8, 0, 0, TimeSpan.FromHours(8));
    private ContentHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await ContentHost.StartAsync();
        await BuildAsync("fractions", "one");
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task What_is_built_but_not_published_reaches_nobody()
    {
        Assert.Empty((await _host.CatalogueAsync()).Packs);
        Assert.Empty((await _host.PlanAsync("hill")).Packs);
    }

    [Fact]
    public async Task A_published_version_stands_in_the_catalogue_and_in_each_plan_and_versions_grow()
    {
        Catalogue before = await _host.CatalogueAsync();
        Assert.True(await _host.Registry.PublishAsync("fractions", 1, ["*"], Morning, 3, default));
        Catalogue after = await _host.CatalogueAsync();
        Assert.Equal((1L, 2L), (before.Version, after.Version));
        Assert.False(after.Find("fractions", 1)!.Withdrawn);
        foreach (string school in (string[])["hill", "valley"])
        {
            SitePlan plan = await _host.PlanAsync(school);
            Assert.Equal(school, plan.School);
            Assert.Equal(new PlannedPack("fractions", 1, Morning, 3), Assert.Single(plan.Packs));
        }
    }

    [Fact]
    public async Task Asking_again_gives_the_same_bytes()
    {
        Assert.Equal(await _host.Lists.CatalogueAsync(default), await _host.Lists.CatalogueAsync(default));
        Assert.Equal(await _host.Lists.PlanAsync("hill", default), await _host.Lists.PlanAsync("hill", default));
        byte[][] atOnce = (await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => _host.Lists.PlanAsync("valley", default)))))!;
        Assert.All(atOnce, bytes => Assert.Equal(atOnce[0], bytes));
    }

    [Fact]
    public async Task A_long_catalogue_is_composed_only_after_something_changed()
    {
        await _host.Database.WriteAsync((connection, transaction) => connection.Execute("""
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
            INSERT INTO pack_versions (pack, version, manifest, manifest_bytes, title, files, bytes, created, published)
            SELECT 'pack-' || i, 1, manifest, manifest_bytes, title, files, bytes, created, created FROM pack_versions, n WHERE pack = 'fractions'
            """, transaction: transaction), default);
        byte[] first = await _host.Lists.CatalogueAsync(default);
        long before = GC.GetAllocatedBytesForCurrentThread();
        byte[] again = await _host.Lists.CatalogueAsync(default);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000);
        Assert.Same(first, again);
        await _host.Registry.PublishAsync("pack-7", 1, ["*"], null, 0, default);
        Assert.NotNull((await _host.CatalogueAsync()).Find("pack-7", 1)!.LengthBytes);
        await _host.Registry.WithdrawAsync("pack-7", 1, default);
        Assert.True((await _host.CatalogueAsync()).Find("pack-7", 1)!.Withdrawn);
    }

    [Fact]
    public async Task A_list_is_signed_anew_when_half_of_its_time_is_over_and_not_before()
    {
        SitePlan first = await _host.PlanAsync("hill");
        Assert.Equal((_host.Time.GetUtcNow(), TimeSpan.FromDays(30)), (first.Issued!.Value, first.Expires!.Value - first.Issued.Value));
        _host.Time.Advance(TimeSpan.FromDays(15) - TimeSpan.FromSeconds(1));
        Assert.Equal(first.Version, (await _host.PlanAsync("hill")).Version);
        _host.Time.Advance(TimeSpan.FromSeconds(1));
        SitePlan renewed = await _host.PlanAsync("hill");
        Assert.Equal((first.Version + 1, _host.Time.GetUtcNow()), (renewed.Version, renewed.Issued!.Value));
        Assert.Equal(1, (await _host.CatalogueAsync()).Version);
    }

    [Fact]
    public async Task A_single_school_may_have_another_version_until_all_get_one()
    {
        await BuildAsync("fractions", "two");
        await _host.Registry.PublishAsync("fractions", 1, ["*"], null, 0, default);
        await _host.Registry.PublishAsync("fractions", 2, ["hill"], null, 0, default);
        Assert.Equal((2L, 1L), (await VersionAtAsync("hill"), await VersionAtAsync("valley")));
        await _host.Registry.PublishAsync("fractions", 1, ["*"], null, 0, default);
        Assert.Equal((1L, 1L), (await VersionAtAsync("hill"), await VersionAtAsync("valley")));
    }

    [Fact]
    public async Task A_withdrawn_version_leaves_the_plans_and_is_named_in_the_catalogue_for_good()
    {
        await _host.Registry.PublishAsync("fractions", 1, ["*"], null, 0, default);
        Assert.Equal(1, await _host.Registry.WithdrawAsync("fractions", 1, default));
        Assert.Empty((await _host.PlanAsync("hill")).Packs);
        Assert.True((await _host.CatalogueAsync()).Find("fractions", 1)!.Withdrawn);
        Assert.False(await _host.Registry.PublishAsync("fractions", 1, ["*"], null, 0, default));
        for (int i = 0; i < 7; i++)
        {
            await BuildAsync("fractions", $"later {i}");
            await _host.Registry.PublishAsync("fractions", i + 2, ["*"], null, 0, default);
        }
        Catalogue catalogue = await _host.CatalogueAsync();
        Assert.True(catalogue.Find("fractions", 1)!.Withdrawn);
        Assert.Null(catalogue.Find("fractions", 2)); // long outlived, and nobody plans it
        Assert.NotNull(catalogue.Find("fractions", 8));
    }

    [Fact]
    public async Task The_kit_of_a_lesson_is_due_when_the_lesson_starts()
    {
        await _host.Registry.PublishAsync("fractions", 1, ["*"], null, 0, default);
        _host.Lessons.Add(new PlannedLesson("l1", LocalText.Of("en", "Lesson"), "3A", "maths", Morning, TimeSpan.FromMinutes(40), "fractions", true, LessonStage.Planned, []));
        SitePlan plan = await _host.PlanAsync("hill");
        Assert.Equal(Morning, Assert.Single(plan.Packs).Due);
        Assert.Equal("l1", Assert.Single(plan.Lessons).Id);
    }

    [Fact]
    public async Task An_unknown_school_has_no_plan() => Assert.Null(await _host.Lists.PlanAsync("nowhere", default));

    private async Task<long> VersionAtAsync(string school) => (await _host.PlanAsync(school)).Packs[0].Version;

    private async Task BuildAsync(string id, string text)
    {
        using var folder = new TempFolder();
        folder.Write("pack.json", $$"""{ "id": "{{id}}", "title": { "en": "t" } }""");
        folder.Write("a.txt", text);
        await _host.BuildAsync(folder.Path);
    }
}
