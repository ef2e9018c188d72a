using System.Collections.Concurrent;
using Dapper;
using Edge.Box.Feedback;
using Edge.Core.Feedback;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using TestKit;
using TestKit.Disk;
using Xunit;

namespace Edge.Box.Tests.Feedback;

/// <summary>The power goes while answers come in, on a real ext4: what the box said "saved" to is there afterwards.</summary>
public sealed class OutboxPowerTests
{
    private const int MutationCuts = 20;
    private const long DiskBytes = 24 << 20;
    private static readonly int Cuts = Fuzz.IsLong ? 1000 : 4;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Said_yes_kept_when_the_power_of_a_real_file_system_is_cut() => Assert.Equal(0, await LostAsync(Cuts, "FULL", untilLost: false));

    /// <summary>A harness that finds nothing here would find nothing there.</summary>
    [Fact]
    public async Task The_harness_finds_what_synchronous_NORMAL_loses() => Assert.NotEqual(0, await LostAsync(MutationCuts, "NORMAL", untilLost: true));

    private static async Task<int> LostAsync(int cuts, string synchronous, bool untilLost)
    {
        Assert.SkipWhen(LoopDisk.Trouble() is not null, $"no file system can be mounted: {LoopDisk.Trouble()}");
        var chance = new Random(cuts);
        using var folder = new TempFolder();
        using LoopDisk disk = LoopDisk.Create(folder["disk.img"], folder["disk"], DiskBytes);
        var promised = new ConcurrentDictionary<ulong, bool>();
        ulong number = 0;
        int lost = 0;
        for (int cut = 0; cut < cuts && !(untilLost && lost > 0); cut++)
        {
            ulong[] sure;
            using (FeedbackDatabase file = await FeedbackDatabase.OpenAsync(Path.Combine(disk.Folder, "feedback.db"), Token))
            {
                Assert.False(file.Replaced);
                // The writer's connection stays the same for as long as the file is open.
                SqliteConnection writer = await file.Database.WriteAsync((connection, _) => connection, Token);
                writer.Execute($"PRAGMA synchronous={synchronous}");
                await using var outbox = new SqliteOutbox(file, Options.Create(new FeedbackOptions { CommitWait = TimeSpan.FromMilliseconds(1) }), TimeProvider.System);
                Task[] pupils = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
                {
                    try
                    {
                        while (true)
                        {
                            ulong mine = Interlocked.Increment(ref number);
                            await outbox.AddAsync(Item(mine), null, Token);
                            promised[mine] = true;
                        }
                    }
                    catch (SqliteException)
                    {
                        // The disk is gone: this one got no yes.
                    }
                }, Token))];
                int wanted = promised.Count + chance.Next(5, 400);
                await Eventually.TrueAsync(() => promised.Count >= wanted);
                // A yes that is said while the file system shuts down proves nothing: a flush may still answer well then. With real power nobody would be there to hear it.
                ulong[] heard = [.. promised.Keys];
                disk.CutPower();
                sure = heard;
                await Task.WhenAll(pupils);
            }
            disk.Restore();
            using FeedbackDatabase after = await FeedbackDatabase.OpenAsync(Path.Combine(disk.Folder, "feedback.db"), Token);
            Assert.False(after.Replaced);
            await using var held = new SqliteOutbox(after, Options.Create(new FeedbackOptions()), TimeProvider.System);
            var found = new HashSet<ulong>();
            for (long first = 1; first <= held.State.Last; first += 500)
                found.UnionWith(held.Batch(first, 500, int.MaxValue).Items.Where(item => item.Kind == FeedbackKind.Question).Select(item => item.Id.Number));
            lost += sure.Count(mine => !found.Contains(mine));
            // Room for the next cuts; what was found is proven.
            await after.Database.WriteAsync((connection, transaction) =>
            {
                connection.Execute("DELETE FROM items; UPDATE state SET base = base + last, last = 0, acked = 0, kept = 0, bytes = 0", transaction: transaction);
            }, Token);
            promised.Clear();
        }
        return lost;
    }

    private static FeedbackItem Item(ulong number) => new(
        new ItemId(1, number), FeedbackKind.Question, FeedbackPriority.Normal, "maths-3a", 12, new Seat("3A", 12, SeatRole.Pupil), null, $"{number}",
        new ItemTime(1, (long)number, 0, TimeQuality.Unknown));
}
