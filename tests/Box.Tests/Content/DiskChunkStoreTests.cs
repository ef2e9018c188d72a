using Edge.Box.Content;
using Edge.Core.Content;
using Edge.Durable;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using TestKit;
using TestKit.Disk;
using Xunit;

namespace Edge.Box.Tests.Content;

public sealed class DiskChunkStoreTests : IDisposable
{
    private static readonly byte[][] Chunks = [.. Enumerable.Range(0, 6).Select(i => Noise.Of(1_000 + i * 137, i))];

    private readonly TempFolder _folder = new();

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _folder.Dispose();
    }

    [Fact]
    public async Task Chunks_come_back_after_a_restart_and_twice_is_once()
    {
        using (var open = new Opened(_folder["a"]))
        {
            await open.Store.AddAsync([.. Chunks.Select(Arrived)], default);
            long length = Length();
            await open.Store.AddAsync([.. Chunks.Select(Arrived)], default);
            Assert.Equal(length, Length());
        }
        using var again = new Opened(_folder["a"]);
        await AssertHoldsAsync(again.Store, Chunks);
        Assert.Equal([ChunkId.Of("x"u8)], again.Store.Missing([ChunkId.Of(Chunks[0]), ChunkId.Of("x"u8)]));
    }

    [Fact]
    public async Task Unplug_at_any_instant_a_torn_tail_costs_only_what_was_torn()
    {
        using (var open = new Opened(_folder["a"]))
        {
            await open.Store.AddAsync([.. Chunks[..3].Select(Arrived)], default);
            await open.Store.AddAsync([.. Chunks[3..].Select(Arrived)], default);
        }
        SqliteConnection.ClearAllPools();
        byte[] whole = await File.ReadAllBytesAsync(_folder["a/000000.chunks"]);
        int end = 0;
        int[] ends = [.. Chunks.Select(chunk => end += ChunkRecord.HeadBytes + chunk.Length)];
        Assert.Equal(whole.Length, ends[^1]);
        foreach (int length in Lengths(ends).SkipLast(1))
        {
            // The index promises all, the file was cut: some systems lose a flushed tail. Zeros behind the cut are what journals leave.
            foreach (int zeros in (int[])[0, 333])
            {
                string folder = _folder[$"{length}-{zeros}"];
                Directory.CreateDirectory(folder);
                File.Copy(_folder["a/index.db"], Path.Combine(folder, "index.db"));
                await WriteAsync(Path.Combine(folder, "000000.chunks"), [.. whole[..length], .. new byte[zeros]]);
                int kept = ends.Count(at => at <= length);
                using (var open = new Opened(folder))
                {
                    await AssertHoldsAsync(open.Store, Chunks[..kept]);
                    for (int i = kept; i < Chunks.Length; i++)
                        Assert.Null(await open.Store.ReadAsync(ChunkId.Of(Chunks[i]), default));
                    // What turned out lost is fetched again, and then it is there for good.
                    await open.Store.AddAsync([.. Chunks.Select(Arrived)], default);
                    await AssertHoldsAsync(open.Store, Chunks);
                }
                using var again = new Opened(folder);
                await AssertHoldsAsync(again.Store, Chunks);
            }
        }
    }

    [Fact]
    public async Task Unplug_at_any_instant_bytes_that_no_index_knows_are_found_again()
    {
        using (var open = new Opened(_folder["a"]))
            await open.Store.AddAsync([.. Chunks.Select(Arrived)], default);
        SqliteConnection.ClearAllPools();
        byte[] whole = await File.ReadAllBytesAsync(_folder["a/000000.chunks"]);
        int end = 0;
        int[] ends = [.. Chunks.Select(chunk => end += ChunkRecord.HeadBytes + chunk.Length)];
        foreach (int length in Lengths(ends))
        {
            // Written and flushed up to here, then the power went before the index was committed.
            string folder = _folder[$"{length}"];
            Directory.CreateDirectory(folder);
            await WriteAsync(Path.Combine(folder, "000000.chunks"), whole[..length]);
            int kept = ends.Count(at => at <= length);
            using var open = new Opened(folder);
            await AssertHoldsAsync(open.Store, Chunks[..kept]);
            Assert.Equal(Chunks.Length - kept, open.Store.Missing(Chunks.Select(chunk => ChunkId.Of(chunk))).Count);
            await open.Store.AddAsync([.. Chunks.Select(Arrived)], default);
            await AssertHoldsAsync(open.Store, Chunks);
        }
    }

    [Fact]
    public async Task A_changed_bit_anywhere_is_never_handed_out()
    {
        using var open = new Opened(_folder["a"]);
        await open.Store.AddAsync([.. Chunks[..3].Select(Arrived)], default);
        byte[] whole = await File.ReadAllBytesAsync(_folder["a/000000.chunks"]);
        for (int at = 0; at < whole.Length; at += 131)
        {
            whole[at] ^= 0x10;
            await WriteAsync(_folder["a/000000.chunks"], whole);
            foreach (byte[] chunk in Chunks[..3])
            {
                if (await open.Store.ReadAsync(ChunkId.Of(chunk), default) is { } read)
                    Assert.Equal(chunk, read);
            }
            whole[at] ^= 0x10;
            await WriteAsync(_folder["a/000000.chunks"], whole);
            await open.Store.AddAsync([.. Chunks[..3].Select(Arrived)], default);
            whole = await File.ReadAllBytesAsync(_folder["a/000000.chunks"]);
        }
        await AssertHoldsAsync(open.Store, Chunks[..3]);
    }

    [Fact]
    public async Task Files_stay_few_and_bounded()
    {
        using (var open = new Opened(_folder["a"]))
        {
            for (int i = 0; i < 40; i++)
                await open.Store.AddAsync([Arrived(Noise.Of(100_000, 1_000 + i))], default);
        }
        string[] files = Directory.GetFiles(_folder["a"], "*.chunks");
        Assert.Equal(4, files.Length);
        Assert.All(files, file => Assert.InRange(new FileInfo(file).Length, 1, (1 << 20) + 100_100));
        using var again = new Opened(_folder["a"]);
        await AssertHoldsAsync(again.Store, [.. Enumerable.Range(0, 40).Select(i => Noise.Of(100_000, 1_000 + i))]);
    }

    [Fact]
    public async Task Nothing_is_added_when_the_disk_is_too_full()
    {
        using var open = new Opened(_folder["a"], () => 1_500);
        await Assert.ThrowsAsync<StoreFullException>(() => open.Store.AddAsync([Arrived(Chunks[0])], default));
        Assert.Single(open.Store.Missing([ChunkId.Of(Chunks[0])]));
        await open.Store.AddAsync([Arrived(Noise.Of(400, 1))], default);
    }

    /// <summary>Around each border of records and heads, and within.</summary>
    private static IEnumerable<int> Lengths(int[] ends) => ((int[])[0, .. ends])
        .SelectMany(end => (int[])[end - 500, end - 1, end, end + 1, end + ChunkRecord.HeadBytes - 1, end + ChunkRecord.HeadBytes, end + ChunkRecord.HeadBytes + 1])
        .Where(length => length >= 0 && length <= ends[^1]).Distinct().Order();

    private long Length() => Directory.GetFiles(_folder["a"], "*.chunks").Sum(file => new FileInfo(file).Length);

    private static ArrivedChunk Arrived(byte[] chunk) => ArrivedChunk.Plain(ChunkId.Of(chunk), chunk);

    private static async Task AssertHoldsAsync(DiskChunkStore store, byte[][] chunks)
    {
        foreach (byte[] chunk in chunks)
            Assert.Equal(chunk, await store.ReadAsync(ChunkId.Of(chunk), default));
    }

    private static async Task WriteAsync(string path, byte[] bytes)
    {
        await using FileStream file = File.Create(path);
        await file.WriteAsync(bytes);
    }

    private sealed class Opened : IDisposable
    {
        private readonly DurableDatabase _database;

        public Opened(string folder, Func<long>? freeBytes = null)
        {
            Directory.CreateDirectory(folder);
            _database = new DurableDatabase(Path.Combine(folder, "index.db"), ContentTables.Schema);
            Store = DiskChunkStore.Open(folder, _database, BoxContent.Options, freeBytes ?? (() => long.MaxValue), NullLogger.Instance);
        }

        public DiskChunkStore Store { get; }

        public void Dispose()
        {
            Store.Dispose();
            _database.Dispose();
        }
    }
}
