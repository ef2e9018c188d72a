using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Edge.Core.Content;
using Edge.Core.Identity;
using Relay.Content;
using TestKit.Content;
using Xunit;

namespace Relay.Tests.Identity;

public sealed class ProposalTests : IAsyncLifetime
{
    private TrustHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await TrustHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task One_person_publishes_until_a_root_asks_for_two()
    {
        Assert.Equal(HttpStatusCode.OK, (await _host.PublishAsync("fractions")).Status);
        Assert.Equal(PublishVerdict.Enough, await _host.BoxSaysAsync("fractions", 1));
        await _host.AskForTwoAsync();
        Assert.Equal(PublishVerdict.TooFew, await _host.BoxSaysAsync("fractions", 1));
    }

    [Fact]
    public async Task Nothing_unsigned_is_shown_a_version_goes_out_when_the_second_person_has_signed()
    {
        await _host.AskForTwoAsync();
        (HttpStatusCode status, JsonElement answer) = await _host.PublishAsync("fractions");
        Assert.Equal(HttpStatusCode.Accepted, status);
        long id = answer.GetProperty("proposal").GetInt64();
        Assert.Null(await _host.BoxSaysAsync("fractions", 1));
        for (int turn = 0; turn < 2; turn++)
        {
            // The same person twice is one person.
            Assert.False((await _host.ApproveAsync(id, _host.Staff[1])).Answer.GetProperty("done").GetBoolean());
            Assert.Null(await _host.BoxSaysAsync("fractions", 1));
        }
        Assert.True((await _host.ApproveAsync(id, _host.Staff[2])).Answer.GetProperty("done").GetBoolean());
        Assert.Equal(PublishVerdict.Enough, await _host.BoxSaysAsync("fractions", 1));
        Assert.Equal(HttpStatusCode.Conflict, (await _host.ApproveAsync(id, _host.Staff[0])).Status);
        string[] log = [.. (await _host.GetAsync("/api/audit")).EnumerateArray().Select(entry => $"{entry.GetProperty("what").GetString()} {entry.GetProperty("subject").GetString()}")];
        Assert.Equal(["published fractions@1", "approved fractions@1", "approved fractions@1", "approved fractions@1", "proposed fractions@1", "root-published root 2"], log);
    }

    [Fact]
    public async Task Nothing_unsigned_is_shown_strangers_and_borrowed_signatures_approve_nothing()
    {
        await _host.AskForTwoAsync();
        long id = (await _host.PublishAsync("fractions")).Answer.GetProperty("proposal").GetInt64();
        long other = (await _host.PostAsync("/api/packs/fractions/publish", new { to = new[] { "hill" } })).Answer.GetProperty("proposal").GetInt64();
        Assert.Equal(HttpStatusCode.BadRequest, (await _host.ApproveAsync(id, _host.Roots[0])).Status);
        // What was signed for one proposal does not approve the other, though it is the same version.
        Proposal borrowed = _host.Console.Get<ProposalStore>().Find(other)!;
        foreach (ECDsa key in _host.Staff)
            Assert.Equal(HttpStatusCode.BadRequest, (await _host.PostAsync($"/api/proposals/{id}/approve", TrustHost.ApprovalOf(borrowed, key))).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await _host.PostAsync($"/api/proposals/{id}/approve", new ApproveRequest(RootMaker.Id(_host.Staff[0]), "x", "y"))).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await _host.PostAsync("/api/proposals/99/approve", new ApproveRequest(RootMaker.Id(_host.Staff[0]), "x", "y"))).Status);
        Assert.Null(await _host.BoxSaysAsync("fractions", 1));
    }

    [Fact]
    public async Task A_key_that_was_rotated_out_before_the_second_signature_counts_no_more()
    {
        await _host.AskForTwoAsync();
        long id = (await _host.PublishAsync("fractions")).Answer.GetProperty("proposal").GetInt64();
        await _host.ApproveAsync(id, _host.Staff[0]);
        TrustRoot without = RootMaker.After(_host.Keys.Trust, root => root with { Publish = RootMaker.Role(2, _host.Staff[1], _host.Staff[2]) });
        Assert.Equal(HttpStatusCode.OK, (await _host.PublishRootAsync(RootMaker.Sign(without, _host.Roots[0], _host.Roots[1]))).Status);
        Assert.False((await _host.ApproveAsync(id, _host.Staff[1])).Answer.GetProperty("done").GetBoolean());
        Assert.Equal(HttpStatusCode.BadRequest, (await _host.ApproveAsync(id, _host.Staff[0])).Status);
        Assert.True((await _host.ApproveAsync(id, _host.Staff[2])).Answer.GetProperty("done").GetBoolean());
        Assert.Equal(PublishVerdict.Enough, await _host.BoxSaysAsync("fractions", 1));
    }

    [Fact]
    public async Task A_refused_proposal_can_no_longer_be_approved_and_one_person_can_take_back()
    {
        await _host.AskForTwoAsync();
        long id = (await _host.PublishAsync("fractions")).Answer.GetProperty("proposal").GetInt64();
        Assert.Equal(HttpStatusCode.OK, (await _host.PostAsync($"/api/proposals/{id}/refuse", new { reason = "slide 3 is wrong" })).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await _host.ApproveAsync(id, _host.Staff[0])).Status);
        long again = (await _host.PublishAsync("fractions")).Answer.GetProperty("proposal").GetInt64();
        await _host.ApproveAsync(again, _host.Staff[0]);
        Assert.Equal(HttpStatusCode.OK, (await _host.PostAsync("/api/packs/fractions/withdraw", new { })).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await _host.ApproveAsync(again, _host.Staff[1])).Status);
        Assert.Empty((await _host.CatalogueAsync()).Packs);
    }

    [Fact]
    public async Task A_publisher_signs_its_own_packs_and_no_others_and_revocation_takes_effect_with_the_next_lists()
    {
        using var lead = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await _host.Console.AddPackAsync("leadschool-maths", "Maths", "one");
        await _host.AskForTwoAsync();
        object publisher = new { name = "leadschool", prefixes = new[] { "leadschool-" }, keys = new[] { PublicKeys.Of(lead) }, threshold = 1, expires = TimeProvider.System.GetUtcNow().AddYears(1) };
        long delegation = (await _host.PostAsync("/api/publishers", publisher)).Answer.GetProperty("proposal").GetInt64();
        Assert.Equal(HttpStatusCode.BadRequest, (await _host.PublishAsync("leadschool-maths", "leadschool")).Status);
        await _host.ApproveAsync(delegation, _host.Staff[0]);
        Assert.True((await _host.ApproveAsync(delegation, _host.Staff[1])).Answer.GetProperty("done").GetBoolean());

        long own = (await _host.PublishAsync("leadschool-maths", "leadschool")).Answer.GetProperty("proposal").GetInt64();
        Assert.Equal(HttpStatusCode.BadRequest, (await _host.ApproveAsync(own, _host.Staff[0])).Status);
        Assert.True((await _host.ApproveAsync(own, lead)).Answer.GetProperty("done").GetBoolean());
        Assert.Equal(PublishVerdict.Enough, await _host.BoxSaysAsync("leadschool-maths", 1));

        Assert.Contains("not in the hands", (await _host.PublishAsync("fractions", "leadschool")).Answer.GetProperty("error").GetString(), StringComparison.Ordinal);
        long foreign = (await _host.PublishAsync("fractions")).Answer.GetProperty("proposal").GetInt64();
        Assert.Equal(HttpStatusCode.BadRequest, (await _host.ApproveAsync(foreign, lead)).Status);

        long before = (await _host.CatalogueAsync()).Version;
        Assert.Equal(HttpStatusCode.OK, (await _host.PostAsync("/api/publishers/leadschool/revoke", new { })).Status);
        Assert.True((await _host.CatalogueAsync()).Version > before);
        Assert.Equal(PublishVerdict.TooFew, await _host.BoxSaysAsync("leadschool-maths", 1));
        Assert.Equal(HttpStatusCode.NotFound, (await _host.PostAsync("/api/publishers/leadschool/revoke", new { })).Status);
    }

    [Theory]
    [InlineData("lead", "leadschool-", 1, HttpStatusCode.OK)]
    [InlineData("lead", "leadschool", 1, HttpStatusCode.BadRequest)]
    [InlineData("lead", "a-", 1, HttpStatusCode.BadRequest)]
    [InlineData("Lead!", "leadschool-", 1, HttpStatusCode.BadRequest)]
    [InlineData("lead", "leadschool-", 2, HttpStatusCode.BadRequest)]
    [InlineData("lead", "leadschool-", 0, HttpStatusCode.BadRequest)]
    public async Task A_publisher_is_taken_only_when_it_is_sound(string name, string prefix, int threshold, HttpStatusCode status)
    {
        using var lead = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        object Publisher(string called, DateTimeOffset expires) => new { name = called, prefixes = new[] { prefix }, keys = new[] { PublicKeys.Of(lead) }, threshold, expires };
        Assert.Equal(status, (await _host.PostAsync("/api/publishers", Publisher(name, TimeProvider.System.GetUtcNow().AddYears(1)))).Status);
        if (status != HttpStatusCode.OK)
            return;
        Assert.Equal(HttpStatusCode.Conflict, (await _host.PostAsync("/api/publishers", Publisher("other", TimeProvider.System.GetUtcNow().AddYears(1)))).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await _host.PostAsync("/api/publishers", Publisher(name, TimeProvider.System.GetUtcNow().AddDays(-1)))).Status);
    }

    [Fact]
    public async Task The_console_shows_what_waits_who_signed_and_what_was_done()
    {
        await _host.AskForTwoAsync();
        using HttpResponseMessage proposed = await _host.Console.PostAsync("/packs/fractions/publish", ("version", "1"), ("to", "all"), ("due", ""), ("priority", "0"));
        Assert.Equal("/approvals", proposed.Headers.Location!.OriginalString);
        string page = await _host.Console.PageAsync("/approvals");
        Assert.Contains("fractions @ 1 is proposed as #1", page, StringComparison.Ordinal);
        Assert.Contains("relay proposal approve 1 --key FILE", page, StringComparison.Ordinal);
        Assert.Contains("nobody has signed", page, StringComparison.Ordinal);
        Proposal proposal = _host.Console.Get<ProposalStore>().Find(1)!;
        ApproveRequest approval = TrustHost.ApprovalOf(proposal, _host.Staff[0]);
        using HttpResponseMessage wrong = await _host.Console.PostAsync("/approvals/1/approve", ("key", approval.Key), ("statement", approval.Approval), ("approval", approval.Approval));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, wrong.StatusCode);
        Assert.Contains("does not fit", await wrong.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using HttpResponseMessage one = await _host.Console.PostAsync("/approvals/1/approve", ("key", approval.Key), ("statement", approval.Statement), ("approval", approval.Approval));
        Assert.Equal(HttpStatusCode.SeeOther, one.StatusCode);
        Assert.Contains($"signed by {approval.Key}", await _host.Console.PageAsync("/approvals"), StringComparison.Ordinal);
        using HttpResponseMessage noReason = await _host.Console.PostAsync("/approvals/1/refuse", ("reason", " "));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, noReason.StatusCode);
        using HttpResponseMessage refused = await _host.Console.PostAsync("/approvals/1/refuse", ("reason", "slide <3> is wrong"));
        Assert.Equal(HttpStatusCode.SeeOther, refused.StatusCode);
        Assert.Contains("slide &lt;3&gt; is wrong", await _host.Console.PageAsync("/approvals"), StringComparison.Ordinal);
        Assert.Contains("refused", await _host.Console.PageAsync("/audit"), StringComparison.Ordinal);
    }
}
