using System.Net;
using Xunit;

namespace Relay.Tests.Console;

public sealed class SignInLimitTests
{
    [Fact]
    public async Task After_too_many_wrong_keys_an_address_waits_even_with_the_right_one_and_those_inside_go_on()
    {
        await using ConsoleHost host = await ConsoleHost.SignedInAsync(settings: "--SignIn:MaxFailures=3");
        using HttpClient stranger = host.Browser();
        stranger.DefaultRequestHeaders.AcceptLanguage.ParseAdd("en");
        for (int i = 0; i < 3; i++)
            Assert.Equal(HttpStatusCode.Unauthorized, await TryAsync(stranger, $"wrong{i}"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await TryAsync(stranger, "wrong"));
        using HttpResponseMessage held = await stranger.GetAsync("/login?key=" + host.StaffKey);
        Assert.Equal(HttpStatusCode.TooManyRequests, held.StatusCode);
        Assert.InRange(held.Headers.RetryAfter!.Delta!.Value.TotalMinutes, 14, 15);
        Assert.Contains("Too many wrong keys. Please wait 15 min.", await held.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await host.PageAsync("/");
    }

    [Fact]
    public async Task The_wait_ends_and_a_right_key_before_the_limit_clears_the_count()
    {
        await using ConsoleHost host = await ConsoleHost.StartAsync("--SignIn:MaxFailures=2", "--SignIn:Window=00:00:01");
        using HttpClient stranger = host.Browser();
        Assert.Equal(HttpStatusCode.Unauthorized, await TryAsync(stranger, "wrong"));
        Assert.Equal(HttpStatusCode.SeeOther, await TryAsync(stranger, host.StaffKey));
        Assert.Equal(HttpStatusCode.Unauthorized, await TryAsync(stranger, "wrong"));
        Assert.Equal(HttpStatusCode.Unauthorized, await TryAsync(stranger, "wrong"));
        await TestKit.Eventually.TrueAsync(async () => await TryAsync(stranger, host.StaffKey) == HttpStatusCode.SeeOther);
    }

    [Fact]
    public async Task Wrong_bearer_tokens_count_too_and_then_the_right_one_waits_as_well()
    {
        await using ConsoleHost host = await ConsoleHost.SignedInAsync(settings: "--SignIn:MaxFailures=3");
        using HttpClient program = host.Browser();
        Assert.Equal(HttpStatusCode.OK, await CallAsync(program, host.StaffKey));
        Assert.Equal(HttpStatusCode.Unauthorized, await CallAsync(program, "wrong1"));
        // One count for both doors.
        Assert.Equal(HttpStatusCode.Unauthorized, await TryAsync(program, "wrong2"));
        Assert.Equal(HttpStatusCode.OK, await CallAsync(program, host.StaffKey));
        Assert.Equal(HttpStatusCode.Unauthorized, await CallAsync(program, "wrong3"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await CallAsync(program, host.StaffKey));
        Assert.Equal(HttpStatusCode.TooManyRequests, await TryAsync(program, host.StaffKey));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/packs") { Headers = { Authorization = new("Bearer", host.StaffKey) } };
        using HttpResponseMessage held = await program.SendAsync(request);
        Assert.InRange(held.Headers.RetryAfter!.Delta!.Value.TotalMinutes, 14, 15);
        Assert.Contains("wait 15 min", await held.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        // Nobody is thrown out, and the box API and the health check do not ask for the key.
        await host.PageAsync("/packs");
        Assert.Equal(HttpStatusCode.OK, (await program.GetAsync("/healthz")).StatusCode);
    }

    private static async Task<HttpStatusCode> CallAsync(HttpClient program, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/packs") { Headers = { Authorization = new("Bearer", key) } };
        using HttpResponseMessage response = await program.SendAsync(request);
        return response.StatusCode;
    }

    private static async Task<HttpStatusCode> TryAsync(HttpClient browser, string key)
    {
        using HttpResponseMessage response = await browser.PostAsync("/login", new FormUrlEncodedContent([KeyValuePair.Create("key", key)]));
        return response.StatusCode;
    }
}
