using System.Globalization;
using Edge.Core.Live;
using TestKit;
using TestKit.Live;
using Xunit;

namespace Relay.Tests.Live;

/// <summary>C002: the lead school's line carries one copy, however many classes there are. Counted by the encoder itself.</summary>
public sealed class SourceUplinkTests
{
    [Fact]
    public async Task The_source_sends_as_much_for_246_classes_as_for_one()
    {
        long[] sent = await Task.WhenAll(SentAsync(classes: 1), SentAsync(classes: 246));
        Assert.Equal(sent[0], sent[1]);
    }

    /// <summary>Bytes that a real encoder sent for six seconds which so many classes took in whole.</summary>
    private static async Task<long> SentAsync(int classes)
    {
        await using LiveRelay relay = await LiveRelay.StartWithRoadsAsync([]);
        string ingest = await relay.ScheduleAsync("fractions");
        // One thread: the same picture makes the same bytes.
        await using LiveEncoder encoder = await LiveEncoder.StartAsync(sound: true,
            "-threads", "1", "-t", "6", "-progress", "pipe:1", "-f", "mpegts", "-method", "POST", new Uri(relay.Http.BaseAddress!, ingest).ToString());
        await relay.PublishedAsync("fractions", 1);
        long[] received = await Task.WhenAll(Enumerable.Range(0, classes).Select(_ => WatchAsync(relay, segments: 5)));
        await Eventually.TrueAsync(() => !encoder.Running);
        string total = encoder.Said.Split('\n').Last(line => line.StartsWith("total_size=", StringComparison.Ordinal));
        long sent = long.Parse(total["total_size=".Length..].Trim(), CultureInfo.InvariantCulture);
        Assert.All(received, bytes => Assert.InRange(bytes, sent / 2, sent * 2));
        await Eventually.TrueAsync(() => relay.Cameras("fractions")[0].Bytes == sent);
        return sent;
    }

    private static async Task<long> WatchAsync(LiveRelay relay, int segments)
    {
        long received = 0;
        for (int next = 0; next < segments;)
        {
            MediaPlaylist list = await relay.ListAsync("fractions");
            foreach (ListedSegment segment in list.Segments.Skip(next).Take(segments - next))
                received += (await relay.Http.GetByteArrayAsync($"/live/fractions/{segment.Uri}")).Length;
            next = list.Segments.Length;
            await Task.Delay(TimeSpan.FromSeconds(0.5), TimeProvider.System);
        }
        return received;
    }
}
