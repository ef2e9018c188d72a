using EndToEnd.World;
using Microsoft.Playwright;
using TestKit.Disk;
using TestKit.Link;

namespace EdgeBench.Outage;

/// <summary>What a viewer had so far.</summary>
/// <param name="Stalled">Seconds since its first picture in which the picture stood still.</param>
/// <param name="Kit">Of these, seconds in which the lesson kit stood in.</param>
/// <param name="Skipped">Seconds that the player jumped over.</param>
/// <param name="Restarts">How often page or player began afresh.</param>
internal sealed record Seen(double Stalled, double Kit, double Skipped, int Restarts)
{
    public static Seen operator -(Seen after, Seen before) =>
        new(after.Stalled - before.Stalled, after.Kit - before.Kit, after.Skipped - before.Skipped, after.Restarts - before.Restarts);
}

/// <summary>A real Chromium at the near end of a link, in a page that plays, and a clock that looks at its picture ten times a second.</summary>
internal sealed class Meter : IAsyncDisposable
{
    /// <summary>Looks come late on a busy machine: a step counts as a jump when it is so much longer than the time that went by.</summary>
    private const string Look = """
        () => {
          if (window.meter) { return; }
          const meter = window.meter = { stalled: 0, kit: 0, skipped: 0, restarts: 0, began: false };
          const video = document.querySelector('video');
          let at = performance.now(), time = video.currentTime;
          video.addEventListener('emptied', () => { if (meter.began) { meter.restarts++; } });
          setInterval(() => {
            const now = performance.now(), passed = (now - at) / 1000, went = video.currentTime - time;
            at = now;
            time = video.currentTime;
            meter.began = meter.began || (went > 0 && time > 0);
            if (!meter.began) { return; }
            if (went <= 0) { meter.stalled += passed; }
            if (went <= 0 && document.querySelector('[data-mode=kit]')) { meter.kit += passed; }
            if (went > 1.5 * passed + 0.5) { meter.skipped += went - passed; }
          }, 100);
        }
        """;

    private readonly Browser _browser;
    private readonly Visit _visit;
    private int _loads;

    private Meter(Browser browser, Visit visit)
    {
        (_browser, _visit) = (browser, visit);
        // A page that is loaded again has lost its meter: the count stays here.
        visit.Page.Load += (_, _) => Interlocked.Increment(ref _loads);
    }

    /// <param name="folder">For the command that starts the browser there.</param>
    public static async Task<Meter> StartAsync(EmulatedLink link, TempFolder folder, Uri site, string page)
    {
        string program = folder.Write($"chromium-{link.Near}", $"#!/bin/sh\nexec ip netns exec {link.Near} /usr/bin/chromium \"$@\"\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Browser browser = await Browser.StartAsync(program);
        Visit visit = await browser.VisitAsync(site, width: 900);
        var meter = new Meter(browser, visit);
        await visit.Page.GotoAsync(page);
        await visit.Page.WaitForFunctionAsync("() => document.querySelector('video') && document.querySelector('video').currentTime > 0", null, new PageWaitForFunctionOptions { Timeout = 120_000 });
        await visit.Page.EvaluateAsync(Look);
        return meter;
    }

    public async Task<Seen> ReadAsync()
    {
        await _visit.Page.EvaluateAsync(Look);
        double[] seen = await _visit.Page.EvaluateAsync<double[]>("() => [meter.stalled, meter.kit, meter.skipped, meter.restarts]");
        return new Seen(seen[0], seen[1], seen[2], (int)seen[3] + Volatile.Read(ref _loads) - 1);
    }

    public async ValueTask DisposeAsync()
    {
        await _visit.DisposeAsync();
        await _browser.DisposeAsync();
    }
}
