using System.Text.RegularExpressions;
using TestKit.Live;

namespace EndToEnd.World;

/// <summary>A viewer with hls.js's manners: the list once a second, each new segment once, in order; what fails is asked for again. Holds every list against the rules.</summary>
public sealed partial class LessonViewer(HttpClient box, string lesson)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>hls.js joins three target durations behind the edge.</summary>
    private const int JoinBehind = 3;

    private readonly PlaylistChecker _checker = new();
    private readonly List<byte> _seen = [];
    private long _next = -1;

    public IReadOnlyList<string> Violations => _checker.Violations;

    public int Lists => _checker.Lists;

    public int Segments { get; private set; }

    /// <summary>All that it played, one segment behind the other.</summary>
    public byte[] Seen => [.. _seen];

    /// <summary>Watches to the end of the lesson.</summary>
    public async Task WatchAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                if (await LookAsync(cancellationToken))
                    return;
            }
            catch (Exception e) when (e is HttpRequestException or IOException || e is TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
                // The box is away: players ask again.
            }
            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }
    }

    /// <returns>The lesson is over, and all of it seen.</returns>
    private async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        using HttpResponseMessage answer = await box.GetAsync($"/live/{lesson}/index.m3u8", cancellationToken);
        if (!answer.IsSuccessStatusCode)
            return false;
        string list = await answer.Content.ReadAsStringAsync(cancellationToken);
        _checker.Take(list);
        long[] listed = [.. SegmentLine().Matches(list).Select(match => long.Parse(match.Groups["n"].ValueSpan, null))];
        for (_next = _next < 0 ? listed[^Math.Min(listed.Length, JoinBehind)] : _next; _next <= listed[^1]; _next++)
        {
            _seen.AddRange(await box.GetByteArrayAsync($"/live/{lesson}/{_next}.ts", cancellationToken));
            Segments++;
        }
        return list.Contains("#EXT-X-ENDLIST", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^(?<n>\d+)\.ts$", RegexOptions.Multiline)]
    private static partial Regex SegmentLine();
}
