using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Edge.Core.Live;
using Edge.Media;
using TestKit;
using TestKit.Live;
using Xunit;

namespace Relay.Tests.Media;

/// <summary>Children that misbehave, with real processes and a patience of a second.</summary>
public sealed class ChildSupervisorTests
{
    private static readonly ChildRules Rules = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(0.1), TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(30));

    private static readonly ChildCommand Picture = new("ffmpeg", "-nostdin", "-loglevel", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=64x36:rate=25",
        "-c:v", "libx264", "-preset", "ultrafast", "-f", "mpegts", "pipe:1");

    [Fact]
    public async Task A_child_that_hangs_is_ended_and_another_one_started()
    {
        await using var keeping = new Keeping(Picture);
        await keeping.PlaysAsync();
        int first = keeping.Supervisor.ProcessId!.Value;
        await TestVideo.RunAsync("kill", "-STOP", $"{first}");
        await keeping.EndsAsync(ChildEnd.Silent);
        await Eventually.TrueAsync(() => keeping.Supervisor.ProcessId is { } next && next != first);
        Assert.False(Lives(first));
    }

    [Fact]
    public async Task A_child_that_dies_is_started_again_with_a_wait_that_grows()
    {
        await using var keeping = new Keeping(new ChildCommand("sh", "-c", "echo out of film >&2; exit 0"));
        await Eventually.TrueAsync(() => keeping.Ends.Count >= 4);
        ChildReport[] ends = [.. keeping.Ends.Take(4)];
        Assert.Equal([0.1, 0.2, 0.4, 0.5], ends.Select(end => end.Pause.TotalSeconds));
        Assert.All(ends, end => Assert.Equal((ChildEnd.Exited, "out of film"), (end.End, end.Said)));
    }

    [Fact]
    public async Task A_child_whose_bytes_are_of_no_use_is_ended_with_all_it_started()
    {
        await using var keeping = new Keeping(new ChildCommand("sh", "-c", "yes garbage & wait"), useful: false);
        await keeping.PlaysAsync();
        int shell = keeping.Supervisor.ProcessId!.Value;
        int yes = int.Parse((await File.ReadAllTextAsync($"/proc/{shell}/task/{shell}/children")).Trim(), CultureInfo.InvariantCulture);
        await keeping.EndsAsync(ChildEnd.Fruitless);
        Assert.False(Lives(shell));
        Assert.False(Lives(yes));
    }

    [Fact]
    public async Task A_child_of_which_nothing_is_expected_may_be_silent()
    {
        await using var keeping = new Keeping(new ChildCommand("cat"), expecting: false);
        await Task.Delay(TimeSpan.FromSeconds(1.6), TimeProvider.System);
        Assert.Empty(keeping.Ends);
        Assert.Equal(ChildStage.Running, keeping.Supervisor.State.Stage);
    }

    [Fact]
    public async Task A_child_lives_on_when_the_thread_that_asked_for_it_ends()
    {
        Keeping? keeping = null;
        var thread = new Thread(() => keeping = new Keeping(Picture));
        thread.Start();
        thread.Join();
        await using Keeping kept = keeping!;
        await kept.PlaysAsync();
        await Task.Delay(TimeSpan.FromSeconds(0.5), TimeProvider.System);
        Assert.Empty(kept.Ends);
    }

    [Fact]
    public async Task Of_what_a_child_says_only_the_end_is_kept()
    {
        await using var keeping = new Keeping(new ChildCommand("sh", "-c", "yes complaint | head -c 1000000 >&2; echo the last word >&2"));
        await Eventually.TrueAsync(() => !keeping.Ends.IsEmpty);
        string said = keeping.Ends.First().Said;
        Assert.EndsWith("the last word", said);
        Assert.InRange(said.Length, 1000, ChildRun.SaidBytes);
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_named()
    {
        await using var keeping = new Keeping(new ChildCommand("no-such-program"));
        await Eventually.TrueAsync(() => !keeping.Ends.IsEmpty);
        Assert.Contains("no-such-program", keeping.Ends.First().Said);
    }

    [Fact]
    public async Task Told_to_stop_it_leaves_no_process_behind()
    {
        var keeping = new Keeping(Picture);
        await keeping.PlaysAsync();
        int child = keeping.Supervisor.ProcessId!.Value;
        await keeping.DisposeAsync();
        Assert.False(Lives(child));
        Assert.Equal(ChildStage.Idle, keeping.Supervisor.State.Stage);
    }

    /// <summary>A grandchild that was killed may stay in the table for whoever adopted it.</summary>
    private static bool Lives(int process)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{process}/stat");
            return stat[stat.LastIndexOf(')') + 2] != 'Z';
        }
        catch (IOException)
        {
            return false;
        }
    }

    private sealed class Keeping : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _running;
        private long _bytes;

        public Keeping(ChildCommand command, bool useful = true, bool expecting = true)
        {
            Supervisor = new ChildSupervisor(() => command, Rules, TimeProvider.System, Ends.Enqueue);
            _running = Supervisor.RunAsync(async (run, cancellationToken) =>
            {
                run.Expecting = expecting;
                var buffer = new byte[4096];
                while (await run.Output.ReadAsync(buffer, cancellationToken) is > 0 and var read)
                {
                    Interlocked.Add(ref _bytes, read);
                    if (useful)
                        run.Useful();
                }
            }, _stop.Token);
        }

        public ChildSupervisor Supervisor { get; }

        public ConcurrentQueue<ChildReport> Ends { get; } = new();

        public Task PlaysAsync() => Eventually.TrueAsync(() => Interlocked.Read(ref _bytes) > 0);

        public async Task EndsAsync(ChildEnd end)
        {
            long since = Stopwatch.GetTimestamp();
            await Eventually.TrueAsync(() => !Ends.IsEmpty);
            Assert.Equal(end, Ends.First().End);
            Assert.InRange(Stopwatch.GetElapsedTime(since), TimeSpan.Zero, TimeSpan.FromSeconds(4));
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running);
            _stop.Dispose();
        }
    }
}
