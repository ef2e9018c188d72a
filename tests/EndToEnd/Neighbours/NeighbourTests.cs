using System.Buffers.Binary;
using System.Globalization;
using EndToEnd.World;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using TestKit;
using TestKit.Disk;
using TestKit.Processes;
using Xunit;

namespace EndToEnd.Neighbours;

/// <summary>Two boxes of one school, each on a machine of its own in one network, and a third machine that lies. Nobody told them of each other: avahi does.</summary>
public sealed class NeighbourTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private SchoolLan _lan = null!;
    private RelayNode _relay = null!;
    private LanHost _firstHost = null!;
    private BoxNode _first = null!;
    private BoxNode _second = null!;
    private PackPress _press = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Evidence => $"--- first\n{_first.Output}\n--- second\n{_second.Output}\n--- first's daemons\n{_firstHost.Output}";

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(SchoolLan.Trouble() is not null, $"no network can be made: {SchoolLan.Trouble()}");
        _lan = SchoolLan.Create(_folder["lan"]);
        _relay = new RelayNode(_folder["relay"], new Dictionary<string, string>(Quick.Relay) { ["Relay__PublicNames"] = $"localhost,{SchoolLan.RelayName}" });
        await _relay.StartAsync(Token);
        _firstHost = await _lan.AddAsync(Token);
        _first = new BoxNode(_folder["first"], _relay, Quick.Box, host: _firstHost);
        _second = new BoxNode(_folder["second"], _relay, Quick.Box, host: await _lan.AddAsync(Token));
        _press = new PackPress(_relay, _folder, seed: 11);
        foreach (BoxNode box in (BoxNode[])[_first, _second])
        {
            await box.StartAsync(Token);
            await box.ClaimAsync(_relay, School.Name, Token);
        }
        await FoundAsync(_second, await NameOfAsync(_first));
        await FoundAsync(_first, await NameOfAsync(_second));
    }

    public async ValueTask DisposeAsync()
    {
        if (_lan is null)
            return;
        if (_second is not null)
            await _second.DisposeAsync();
        if (_first is not null)
            await _first.DisposeAsync();
        await _relay.DisposeAsync();
        await _lan.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Paid_once_what_one_box_of_the_network_holds_costs_the_other_no_wan_and_a_liar_is_left()
    {
        // The first box fetches over the WAN, the second while it is still cut off waits for nothing but lists.
        long wan = await PublishAsync();
        Assert.InRange(wan, 0, 150_000);
        await Eventually.Async(() => Task.FromResult(_second.Output.Contains(" gave ", StringComparison.Ordinal)), "the second box says who gave", Token, evidence: () => Evidence);
        long packBytes = Directory.EnumerateFiles(_folder[_press.Pack], "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
        Assert.True(packBytes > 10 * wan, $"the pack has {packBytes} bytes, {wan} crossed the WAN");
        TestContext.Current.TestOutputHelper?.WriteLine($"pack {packBytes} bytes, WAN of the second box {wan} bytes");

        // Somebody on the network says that it holds everything, and gives rubbish.
        int asked = 0;
        await using WebApplication liar = await LiarAsync(() => Interlocked.Increment(ref asked));
        string port = new Uri(liar.Urls.First()).Port.ToString(CultureInfo.InvariantCulture);
        await using ServerProcess address = await _firstHost.RunAsync(["avahi-publish", "-a", "-R", "liar.local", SchoolLan.Gateway.ToString()], Token);
        await using ServerProcess service = await _firstHost.RunAsync(["avahi-publish", "-s", "-H", "liar.local", "edge-liar", "_edge-box._tcp", port], Token);
        await FoundAsync(_second, "edge-liar");
        wan = await PublishAsync();
        Assert.InRange(wan, 0, 150_000);
        Assert.Contains("edge-liar: Lied", _second.Output, StringComparison.Ordinal);
        int before = Volatile.Read(ref asked);
        Assert.InRange(before, 2, 4);
        await PublishAsync();
        Assert.Equal(before, Volatile.Read(ref asked));
    }

    /// <summary>Another edition, which the first box fetches over the WAN and then the second box from wherever it likes.</summary>
    /// <returns>Bytes that came to the second box over the WAN.</returns>
    private async Task<long> PublishAsync()
    {
        _second.Api.Sever();
        await _press.PublishAsync(Token);
        await ShowsAsync(_first);
        long before = _second.Api.DownBytes;
        _second.Api.Join();
        await ShowsAsync(_second);
        return _second.Api.DownBytes - before;
    }

    private async Task ShowsAsync(BoxNode box)
    {
        var reader = new PackReader(box, _press);
        await Eventually.Async(async () => await reader.ShownAsync(Token) == _press.Published, $"version {_press.Published} shows", Token, evidence: () => Evidence);
        await reader.ReadAsync(Token);
    }

    private static async Task<string> NameOfAsync(BoxNode box) => $"edge-{(await box.StatusAsync(Token)).GetProperty("box").GetString()}";

    private Task FoundAsync(BoxNode box, string name) =>
        Eventually.Async(() => Task.FromResult(box.Output.Contains($"Neighbour {name} at ", StringComparison.Ordinal)), $"{name} is found", Token, TimeSpan.FromSeconds(90), () => Evidence);

    private static async Task<WebApplication> LiarAsync(Action asked)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls($"http://{SchoolLan.Gateway}:0");
        builder.Logging.ClearProviders();
        WebApplication app = builder.Build();
        app.MapPost("/neighbour/{what}", async (string what, HttpContext context) =>
        {
            asked();
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            int names = (int)body.Length / 32;
            byte[] answer = what == "held" ? [.. Enumerable.Repeat((byte)0xFF, (names + 7) / 8)] : new byte[1004];
            if (what == "chunks")
                BinaryPrimitives.WriteInt32BigEndian(answer, 1000);
            await context.Response.Body.WriteAsync(answer);
        });
        await app.StartAsync(Token);
        return app;
    }
}
