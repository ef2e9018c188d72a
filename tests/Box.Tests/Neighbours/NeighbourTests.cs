using System.Buffers.Binary;
using Edge.Box.Neighbours;
using Edge.Box.Tests.Content;
using Edge.Core.Content;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TestKit;
using Xunit;
using static TestKit.Content.ContentOrigin;

namespace Edge.Box.Tests.Neighbours;

/// <summary>Boxes that fetch from each other on loopback: real stores, real HTTP, the origin counts what the WAN carried.</summary>
public sealed class NeighbourTests : ContentTest
{
    private readonly List<IAsyncDisposable> _things = [];

    protected override ValueTask PrepareAsync()
    {
        Origin.AddPack("fractions", 1, ("video/lesson.mp4", Noise.Of(1_500_000, 1)), ("notes.txt", Noise.Of(40_000, 2)));
        Origin.Publish(Wanted("fractions", 1));
        return base.PrepareAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable thing in Enumerable.Reverse(_things))
            await thing.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Paid_once_what_one_box_holds_costs_the_next_one_no_wan()
    {
        (BoxContent first, int port) = await ServingBoxAsync("first");
        Assert.True(await first.FetchAsync());
        long before = Origin.SentBytes;
        BoxContent second = await BoxAsync("second", $"127.0.0.1:{port}");
        Assert.True(await second.FetchAsync());
        Assert.Single(second.Library.Shown);
        await second.AssertShownIsWholeAsync();
        Assert.Equal(before, Origin.SentBytes);
    }

    [Fact]
    public async Task What_no_neighbour_holds_comes_over_the_wan()
    {
        (_, int port) = await ServingBoxAsync("empty");
        BoxContent box = await BoxAsync("box", $"127.0.0.1:{port}");
        Assert.True(await box.FetchAsync());
        Assert.Single(box.Library.Shown);
        Assert.InRange(Origin.SentBytes, 1_540_000, 1_600_000);
    }

    [Theory]
    [InlineData("lies")]
    [InlineData("lengths")]
    [InlineData("hangs")]
    [InlineData("breaks")]
    [InlineData("less")]
    [InlineData("gone")]
    public async Task A_bad_neighbour_is_left_and_the_good_one_or_the_wan_takes_over(string manner)
    {
        (BoxContent good, int goodPort) = await ServingBoxAsync("good");
        Assert.True(await good.FetchAsync());
        long before = Origin.SentBytes;
        (int badPort, Func<int> asked) = await BadBoxAsync(manner);
        // Names sort: the bad one is asked first.
        BoxContent box = await BoxAsync("box", $"127.0.0.1:{badPort},localhost:{goodPort}");
        Assert.True(await box.FetchAsync());
        await box.AssertShownIsWholeAsync();
        Assert.Equal(before, Origin.SentBytes);
        if (manner is "lies" or "lengths")
            Assert.Equal(2, asked());
        BoxContent alone = await BoxAsync("alone", $"127.0.0.1:{badPort}");
        Assert.True(await alone.FetchAsync());
        await alone.AssertShownIsWholeAsync();
        Assert.InRange(Origin.SentBytes - before, 1_540_000, 1_600_000);
    }

    [Fact]
    public async Task Malformed_questions_are_refused_and_too_many_neighbours_wait()
    {
        (_, int port) = await ServingBoxAsync("box", new NeighbourOptions { MostServed = 0 });
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/") };
        foreach (byte[] body in (byte[][])[[], new byte[31], new byte[33], new byte[(NeighbourQuestion.MostWanted + 1) * 32]])
            Assert.Equal(System.Net.HttpStatusCode.BadRequest, (await http.PostAsync("neighbour/chunks", new ByteArrayContent(body))).StatusCode);
        Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, (await http.PostAsync("neighbour/held", new ByteArrayContent(new byte[32]))).StatusCode);
        BoxContent other = await BoxAsync("other", $"127.0.0.1:{port}");
        Assert.True(await other.FetchAsync());
        Assert.Single(other.Library.Shown);
    }

    private async Task<BoxContent> BoxAsync(string name, string known)
    {
        var neighbours = new Neighbourhood(Options.Create(new NeighbourOptions { Known = known, Patience = TimeSpan.FromSeconds(1) }), TimeProvider.System, NullLogger<Neighbourhood>.Instance);
        BoxContent box = await BoxContent.OpenAsync(Folder[name], Origin, neighbours: neighbours.FetchAsync);
        _things.Add(box);
        return box;
    }

    private async Task<(BoxContent, int Port)> ServingBoxAsync(string name, NeighbourOptions? options = null)
    {
        BoxContent box = await BoxContent.OpenAsync(Folder[name], Origin);
        _things.Add(box);
        WebApplication app = Web(services =>
        {
            services.AddSingleton(_ => box.Store);
            services.AddSingleton(new NeighbourDoor(Options.Create(options ?? new NeighbourOptions { ServedBytesPerSecond = 1 << 30 }), TimeProvider.System));
        });
        app.MapNeighbours();
        await app.StartAsync();
        return (box, new Uri(app.Urls.First()).Port);
    }

    /// <summary>Says that it holds everything.</summary>
    private async Task<(int Port, Func<int> Asked)> BadBoxAsync(string manner)
    {
        int asked = 0;
        WebApplication app = Web(_ => { });
        app.MapPost("/neighbour/{what}", async (string what, HttpContext context) =>
        {
            Interlocked.Increment(ref asked);
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            int names = (int)body.Length / 32;
            if (what == "held")
            {
                await context.Response.Body.WriteAsync(Enumerable.Repeat((byte)0xFF, (names + 7) / 8).ToArray());
                return;
            }
            byte[] head = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(head, manner == "lengths" ? int.MaxValue : manner == "less" ? 0 : 1000);
            for (int i = 0; i < names; i++)
            {
                await context.Response.Body.WriteAsync(head);
                if (manner is "lies" or "breaks" or "hangs")
                    await context.Response.Body.WriteAsync(new byte[manner == "lies" ? 1000 : 10]);
                await context.Response.Body.FlushAsync();
                if (manner == "breaks")
                    context.Abort();
                if (manner == "hangs")
                    await Task.Delay(TimeSpan.FromMinutes(1), TimeProvider.System, context.RequestAborted);
            }
        });
        await app.StartAsync();
        int port = new Uri(app.Urls.First()).Port;
        if (manner == "gone")
            await app.StopAsync();
        return (port, () => Volatile.Read(ref asked));
    }

    private WebApplication Web(Action<IServiceCollection> services)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        services(builder.Services);
        WebApplication app = builder.Build();
        _things.Add(app);
        return app;
    }
}
