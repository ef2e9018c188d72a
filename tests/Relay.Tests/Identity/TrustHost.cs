using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Edge.Core.Content;
using Edge.Core.Identity;
using Relay.Content;
using Relay.Identity;
using Relay.Tests.Console;
using TestKit.Content;
using Xunit;

namespace Relay.Tests.Identity;

/// <summary>A whole relay, the keys of people outside it, and the staff API.</summary>
internal sealed class TrustHost : IAsyncDisposable
{
    private readonly HttpClient _staff;

    private TrustHost(ConsoleHost console)
    {
        Console = console;
        _staff = new HttpClient { BaseAddress = console.Address };
        _staff.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", console.StaffKey);
    }

    public ConsoleHost Console { get; }

    /// <summary>Holders of root keys.</summary>
    public ECDsa[] Roots { get; } = [.. Enumerable.Range(0, 3).Select(_ => ECDsa.Create(ECCurve.NamedCurves.nistP256))];

    /// <summary>Staff who answer for what is published.</summary>
    public ECDsa[] Staff { get; } = [.. Enumerable.Range(0, 3).Select(_ => ECDsa.Create(ECCurve.NamedCurves.nistP256))];

    public RelayKeys Keys => Console.Get<RelayKeys>();

    public static async Task<TrustHost> StartAsync(params string[] settings)
    {
        var host = new TrustHost(await ConsoleHost.SignedInAsync(settings: settings));
        await host.Console.AddBoxAsync("hill", "山上小学", "Hill School");
        await host.Console.AddPackAsync("fractions", "Fractions", "one");
        return host;
    }

    /// <summary>The key that the relay made for its first root.</summary>
    public ECDsa FirstRootKey()
    {
        var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(Path.Combine(Console.DataFolder, "keys", "root.key")));
        return key;
    }

    /// <summary>Moves to two of three root keys outside the relay, and two of three staff.</summary>
    public async Task AskForTwoAsync()
    {
        using ECDsa first = FirstRootKey();
        TrustRoot next = RootMaker.After(Keys.Trust, root => root with { Root = RootMaker.Role(2, Roots), Publish = RootMaker.Role(2, Staff) }, [.. Roots, .. Staff]);
        Assert.Equal(HttpStatusCode.OK, (await PublishRootAsync(RootMaker.Sign(next, first, Roots[0], Roots[2]))).Status);
    }

    public Task<(HttpStatusCode Status, JsonElement Answer)> PublishRootAsync(SignedList root) => SendAsync("/api/keys/root", new ByteArrayContent(root.ToBytes()));

    public Task<(HttpStatusCode Status, JsonElement Answer)> PostAsync(string path, object body) => SendAsync(path, JsonContent.Create(body));

    public async Task<JsonElement> GetAsync(string path) => await _staff.GetFromJsonAsync<JsonElement>(path);

    public Task<(HttpStatusCode Status, JsonElement Answer)> PublishAsync(string pack, string? publisher = null) => PostAsync($"/api/packs/{pack}/publish", new { to = new[] { "all" }, publisher });

    /// <summary>Signs a proposal as its holder would and hands the signatures in.</summary>
    public async Task<(HttpStatusCode Status, JsonElement Answer)> ApproveAsync(long id, ECDsa key)
    {
        Proposal proposal = Console.Get<ProposalStore>().Find(id)!;
        return await PostAsync($"/api/proposals/{id}/approve", ApprovalOf(proposal, key));
    }

    public static ApproveRequest ApprovalOf(Proposal proposal, ECDsa key)
    {
        StatementSignature statement = StatementSignature.Sign(proposal.Statement(), key);
        return new ApproveRequest(statement.Key, statement.Value, StatementSignature.Sign(proposal.ApprovalText(), key).Value);
    }

    public async Task<Catalogue> CatalogueAsync()
    {
        Assert.True(SignedList.TryParse(await Console.Get<ListPublisher>().CatalogueAsync(default), out SignedList list));
        Assert.True(Keys.Trust.Trusts(list));
        return Catalogue.Read(list.Payload.Span)!;
    }

    /// <summary>What a box that goes by the lists in force says of a version.</summary>
    public async Task<PublishVerdict?> BoxSaysAsync(string pack, long version)
    {
        Catalogue catalogue = await CatalogueAsync();
        return catalogue.Find(pack, version) is { } listed ? PublishRule.Judge(pack, listed, Keys.Trust, catalogue.Publishers, catalogue.Issued!.Value) : null;
    }

    public async ValueTask DisposeAsync()
    {
        _staff.Dispose();
        await Console.DisposeAsync();
        foreach (ECDsa key in (ECDsa[])[.. Roots, .. Staff])
            key.Dispose();
    }

    private async Task<(HttpStatusCode Status, JsonElement Answer)> SendAsync(string path, HttpContent content)
    {
        using HttpResponseMessage response = await _staff.PostAsync(path, content);
        string text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, text.Length == 0 ? default : JsonElement.Parse(text));
    }
}
