using System.Collections.Immutable;
using Dapper;
using Edge.Box.Content;
using Edge.Core.Content;
using Edge.Core.Text;
using Edge.Durable;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using TestKit;
using TestKit.Disk;
using Xunit;

namespace Edge.Box.Tests.Content;

/// <summary>Days of a store on a disk that loses power: packs come, show, are replaced, make room for others, files are rewritten. SQLite is taken at its word:
/// what it committed stays. After each cut: what shows is whole, what was said to be on disk is there, and nothing looks damaged.</summary>
internal sealed class StoreWorld : IDisposable
{
    private const int Packs = 6;
    private const int StoreFile = 8 << 10;
    private const long Quota = 60_000;

    private readonly string _folder;
    private readonly Random _draw;
    private readonly SimulatedDisk _disk;
    private readonly HashSet<ChunkId> _onDisk = [];
    private readonly Dictionary<ChunkId, ImmutableArray<ChunkId>> _needs = [];
    private readonly Dictionary<ChunkId, byte[]> _bytes = [];
    private DurableDatabase _database = null!;
    private DiskChunkStore _store = null!;
    private PackLibrary _library = null!;
    private PackRoom _room = null!;
    private SitePlan _plan = new(1, "hill", LocalText.Of("en", "Hill"), [], []);

    public StoreWorld(int seed, string folder, bool forgetsFlushes = false, bool forgetsNames = false)
    {
        _folder = folder;
        _draw = new Random(seed);
        _disk = new SimulatedDisk(_draw) { ForgetsFlushes = forgetsFlushes, ForgetsNames = forgetsNames };
        Directory.CreateDirectory(folder);
    }

    public int Cuts { get; private set; }

    public int Dropped { get; private set; }

    public int Deleted => _disk.Deleted;

    public async Task LiveAsync(int days)
    {
        await OpenAsync();
        for (int day = 0; day < days; day++)
        {
            _disk.CutAfter(_draw.Next(1, 80));
            bool power = _draw.Next(3) > 0;
            try
            {
                for (int act = 0; act < 12; act++)
                    await ActAsync();
                _disk.Restart();
            }
            catch (PowerCutException)
            {
                Cuts++;
                Close();
                if (power)
                    _disk.LosePower();
                else
                    _disk.Restart();
                await OpenThroughCutsAsync();
            }
            await AssertSoundAsync();
        }
    }

    public void Dispose() => Close();

    private async Task ActAsync()
    {
        switch (_draw.Next(10))
        {
            case < 6:
                await ImportAsync(_draw.Next(Packs), _draw.Next(1, 4));
                break;
            case 6:
                await _store.TidyAsync(default);
                break;
            case 7:
                await _store.MakeRoomAsync(_draw.Next(1, 20_000), default);
                Note();
                break;
            case 8:
                await _store.CheckAsync(default, _draw.Next(1, 60_000), default);
                break;
            default:
                _plan = _plan with { Packs = [.. Enumerable.Range(0, Packs).Where(_ => _draw.Next(2) == 0).Select(n => new PlannedPack($"p{n}", _draw.Next(1, 4), DateTimeOffset.UnixEpoch.AddDays(_draw.Next(5)), _draw.Next(3)))] };
                break;
        }
    }

    /// <summary>As the fetcher does: room, description, chunks in batches, show.</summary>
    private async Task ImportAsync(int pack, int version)
    {
        (Manifest manifest, byte[] description, byte[][] files) = Make(pack, version);
        var id = ChunkId.Of(description);
        ImmutableArray<ChunkId> chunks = [id, .. files.Select(file => ChunkId.Of(file))];
        _needs[id] = chunks;
        if (!await _room.MakeAsync(manifest.Pack, version, description.Length + files.Sum(file => file.Length), default))
            return;
        Note();
        await AddAsync(description);
        await _store.HoldAsync(manifest.Pack, version, id, chunks, default);
        foreach (byte[][] batch in files.Chunk(2))
            await AddAsync(batch);
        if (_draw.Next(5) > 0)
            Assert.Equal(ShowOutcome.Shown, await _library.ShowAsync(manifest, id, default));
    }

    private async Task AddAsync(params byte[][] chunks)
    {
        try
        {
            await _store.AddAsync([.. chunks.Select(chunk => ArrivedChunk.Plain(ChunkId.Of(chunk), chunk))], default);
        }
        catch (StoreFullException)
        {
            return;
        }
        _onDisk.UnionWith(chunks.Select(chunk => ChunkId.Of(chunk)));
    }

    /// <summary>Some of the files are those of other versions and packs.</summary>
    private (Manifest Manifest, byte[] Description, byte[][] Files) Make(int pack, int version)
    {
        byte[][] files = [.. Enumerable.Range(0, 6).Select(n => Noise.Of(200 + (pack * 7 + version * 3 + n) % 11 * 350, n < 2 ? n : pack * 100 + (n < 4 ? 0 : version) * 10 + n))];
        var manifest = new Manifest($"p{pack}", version, DateTimeOffset.UnixEpoch, new PackMetadata(LocalText.Of("en", $"p{pack}")),
            [.. files.Select((file, n) => new PackFile($"f{n}.bin", "application/octet-stream", FileKind.Document, file.Length, ChunkId.Of(file)))], []);
        byte[] description = manifest.ToBytes();
        foreach (byte[] bytes in files.Append(description))
            _bytes[ChunkId.Of(bytes)] = bytes;
        return (manifest, description, files);
    }

    /// <summary>After something may have been dropped to make room: what has gone is no longer promised.</summary>
    private void Note()
    {
        List<ChunkId> gone = _store.Missing(_onDisk);
        Dropped += gone.Count;
        _onDisk.ExceptWith(gone);
    }

    private async Task AssertSoundAsync()
    {
        Assert.Empty(_store.Lost);
        // What a kept version needs, and was said to be on disk, is there.
        foreach (ChunkHolder holder in _store.Holders)
            Assert.Empty(_store.Missing(_needs[holder.Manifest].Where(_onDisk.Contains)));
        foreach (ShownVersion shown in _library.Shown)
        {
            ShownPack? pack = _library.Find(shown.Pack);
            Assert.True(pack is not null, $"{shown.Pack} shows and its description cannot be read");
            Manifest manifest = pack.Manifest;
            foreach (PackFile file in manifest.Files)
                Assert.Equal(_bytes[file.Sha256], await _store.ReadAsync(file.Sha256, default));
        }
        foreach (ChunkId id in _onDisk.Except(_store.Missing(_onDisk)))
            Assert.Equal(_bytes[id], await _store.ReadAsync(id, default));
        Assert.Empty(_store.Lost);
        _database.Read(connection =>
        {
            Assert.Empty(connection.Query("""
                SELECT files.file FROM files LEFT JOIN (SELECT file, sum(stored + 49) AS bytes FROM chunks WHERE file IS NOT NULL GROUP BY file) AS held ON held.file = files.file
                WHERE files.live <> coalesce(held.bytes, 0)
                """));
            return true;
        });
        Assert.InRange(_disk.Bytes, 0, Quota + 2 * StoreFile + 5_000);
        Note();
    }

    /// <summary>The power may go again while the store finds its feet.</summary>
    private async Task OpenThroughCutsAsync()
    {
        for (int tries = 0; tries < 2; tries++)
        {
            _disk.CutAfter(_draw.Next(0, 6));
            try
            {
                await OpenAsync();
                _disk.Restart();
                return;
            }
            catch (PowerCutException)
            {
                Cuts++;
                Close();
                _disk.LosePower();
            }
        }
        _disk.Restart();
        await OpenAsync();
    }

    private async Task OpenAsync()
    {
        _database = new DurableDatabase(Path.Combine(_folder, "index.db"), ContentTables.Schema, FormerTables.Schema);
        var options = new ContentOptions { StoreFileBytes = StoreFile, QuotaBytes = Quota, ReserveBytes = 0 };
        _store = DiskChunkStore.Open(_disk, _database, options, () => long.MaxValue, NullLogger.Instance);
        _library = new PackLibrary(_store, _database, new PackHold(_ => false, default, TimeProvider.System), NullLogger<PackLibrary>.Instance);
        _room = new PackRoom(_store, _library, () => _plan, NullLogger<PackRoom>.Instance);
        await _library.LoadAsync(default);
    }

    private void Close()
    {
        _room?.Dispose();
        _store?.Dispose();
        _database?.Dispose();
        SqliteConnection.ClearAllPools();
    }
}
