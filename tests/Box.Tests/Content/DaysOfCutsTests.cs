using Edge.Box.Content;
using Edge.Core.Content;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using TestKit;
using TestKit.Link;
using Xunit;
using static TestKit.Content.ContentOrigin;

namespace Edge.Box.Tests.Content;

/// <summary>Days of a link that breaks again and again, in fake time: the loop that fetches is the box's own, and nobody helps it.</summary>
public sealed class DaysOfCutsTests : ContentTest
{
    /// <summary>What one cut may cost: the records that were being read when it fell, and the small objects that are fetched whole.</summary>
    private const int WasteOfACutBytes = 16 << 10;
    private const int DownSteps = 10;

    /// <summary>While the box waits for the link, so little of its time passes in a millisecond that this machine's pauses are not taken for the link's.</summary>
    private static readonly TimeSpan BusyStep = TimeSpan.FromMilliseconds(5);

    /// <summary>While it waits for its next try.</summary>
    private static readonly TimeSpan IdleStep = TimeSpan.FromSeconds(5);
    private static readonly ContentOptions Waits = new() { ListInterval = TimeSpan.FromSeconds(20), LongestWait = TimeSpan.FromMinutes(1) };
    private static readonly TimeSpan RealLimit = TimeSpan.FromMinutes(4);

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, Fuzz.IsLong ? 20 : 1)];

    [Theory, MemberData(nameof(Seeds))]
    public async Task Paid_once_over_days_of_cuts_of_odd_lengths_without_a_hand(int seed)
    {
        Manifest manifest = Origin.AddPack("fractions", 1, ("video/lesson.mp4", Noise.Of(9_000_000, seed)), ("notes.pdf", Noise.Of(700_000, seed + 100)));
        Origin.Publish(Wanted("fractions", 1));
        await using var proxy = ImpairedProxy.To(Origin.Url.Port);
        Origin.Url = new Uri($"http://127.0.0.1:{proxy.Port}");
        var time = new FakeTimeProvider();
        DateTimeOffset began = time.GetUtcNow();
        await using BoxContent box = await BoxContent.OpenAsync(Folder["box"], Origin, time);
        using var loop = new FetchLoop(box.Fetcher, box.Library, box.Relay, box.Gate, Options.Create(Waits), time, () => 0.5, NullLogger<FetchLoop>.Instance);
        var chance = new Random(seed);
        int cuts = 0;
        long realBegan = TimeProvider.System.GetTimestamp();
        await loop.StartAsync(default);
        try
        {
            while (box.Library.Shown.Count == 0)
            {
                // Up for an odd number of bytes, mostly less than one piece, now and then less than an answer's head.
                proxy.SeverAfter(chance.Next(8) == 0 ? chance.Next(1, 400) : chance.Next(1, 60_000));
                proxy.Join();
                while (!proxy.IsSevered && box.Library.Shown.Count == 0)
                    await PassAsync(box.Link.UnderWay > 0 ? BusyStep : IdleStep);
                if (box.Library.Shown.Count > 0)
                    break;
                cuts++;
                // Down from a moment to half a day.
                TimeSpan down = TimeSpan.FromSeconds(Math.Pow(10, 4.6 * chance.NextDouble()));
                for (int i = 0; i < DownSteps; i++)
                    await PassAsync(down / DownSteps);
            }

            async Task PassAsync(TimeSpan span)
            {
                Assert.True(TimeProvider.System.GetElapsedTime(realBegan) < RealLimit, $"it does not get on: {cuts} cuts, {time.GetUtcNow() - began}, {box.Link.ReadBytes} bytes read");
                time.Advance(span);
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
            }
        }
        finally
        {
            await loop.StopAsync(default);
        }
        await box.AssertShownIsWholeAsync();
        TestContext.Current.TestOutputHelper?.WriteLine($"{cuts} cuts in {(time.GetUtcNow() - began).TotalDays:0.0} days; {box.Link.ReadBytes} bytes read, {proxy.DownBytes} delivered, {TimeProvider.System.GetElapsedTime(realBegan).TotalSeconds:0} s");
        Assert.True(cuts >= 200, $"only {cuts} cuts");
        Assert.True(time.GetUtcNow() - began > TimeSpan.FromDays(3), $"only {time.GetUtcNow() - began}");
        long once = manifest.ToBytes().Length + manifest.Volumes.Sum(volume => volume.LengthBytes + volume.IndexBytes);
        long wasted = box.Link.ReadBytes - once;
        Assert.True(wasted <= (long)cuts * WasteOfACutBytes && wasted <= once / 20, $"{wasted} of {once} bytes came twice, in {cuts} cuts");
    }
}
