using Edge.Core.Content;
using Edge.Core.Identity;
using Edge.Core.Text;
using Edge.Durable;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Relay.Content;
using Relay.Identity;
using TestKit;
using TestKit.Content;
using TestKit.Disk;
using Xunit;

namespace Relay.Tests.Content;

/// <summary>Days of a relay on a disk that loses power: packs are built, taken in, published, taken back, lists are asked for, updates are made. SQLite is taken at its word:
/// what it committed stays. After each cut: every version in the registry is whole, what was published is published, no list goes back, and no name stands for other bytes.</summary>
internal sealed class PublishWorld : IDisposable
{
    private const int Packs = 3;
    private const string School = "hill";

    private readonly string _folder;
    private readonly Random _draw;
    private readonly SimulatedObjectDisk _disk;
    private readonly ListKeys _keys;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly Dictionary<(string Pack, long Version), ChunkId> _taken = [];
    private readonly Dictionary<string, long> _published = [];
    private readonly HashSet<(string Pack, long Version)> _withdrawn = [];
    private readonly Dictionary<ListKind, (long Version, byte[] Bytes)> _lists = [];
    // What was being done when the cut came: it may be done, or not.
    private (string Pack, long Version)? _publishing;
    private (string Pack, long Version)? _withdrawing;
    private ServiceProvider _relay = null!;

    public PublishWorld(int seed, string folder, ListKeys keys, bool forgetsFlushes = false, bool forgetsNames = false)
    {
        _folder = folder;
        _draw = new Random(seed);
        _keys = keys;
        Directory.CreateDirectory(Content);
        _disk = new SimulatedObjectDisk(Content, _draw) { ForgetsFlushes = forgetsFlushes, ForgetsNames = forgetsNames };
    }

    public int Cuts { get; private set; }

    public int Published { get; private set; }

    /// <summary>Updates that stand in the table at the end.</summary>
    public int Updates => Get<UpdateTable>().All().Length;

    private string Content => Path.Combine(_folder, "content");

    private ContentStore Store => Get<ContentStore>();

    private PackRegistry Registry => Get<PackRegistry>();

    public async Task LiveAsync(int days)
    {
        Open();
        for (int day = 0; day < days; day++)
        {
            _disk.Steps.CutAfter(_draw.Next(1, 150));
            bool power = _draw.Next(3) > 0;
            try
            {
                for (int act = 0; act < 8; act++)
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
                OpenThroughCuts();
            }
            await AssertSoundAsync();
            _time.Advance(TimeSpan.FromDays(1));
        }
        // It all still works: another version of everything.
        for (int pack = 0; pack < Packs; pack++)
        {
            await BuildAsync(pack);
            await PublishAsync($"p{pack}");
        }
        await AssertSoundAsync();
    }

    public void Dispose() => Close();

    private async Task ActAsync()
    {
        // What only writes to the database has boundaries too.
        _disk.Steps.Step();
        int pack = _draw.Next(Packs);
        switch (_draw.Next(10))
        {
            case < 4:
                await BuildAsync(pack);
                break;
            case < 7:
                await PublishAsync($"p{pack}");
                break;
            case 7:
                await WithdrawAsync($"p{pack}");
                break;
            default:
                await Get<UpdateLoop>().RoundAsync(default);
                break;
        }
        _disk.Steps.Step();
        await ListsAsync();
    }

    /// <summary>As staff do: another edition of the folder, or the same again; objects up, then the manifest is handed in.</summary>
    private async Task BuildAsync(int pack)
    {
        string source = Path.Combine(_folder, $"p{pack}");
        Directory.CreateDirectory(source);
        Put("pack.json", System.Text.Encoding.UTF8.GetBytes($$"""{ "id": "p{{pack}}", "title": { "en": "p{{pack}}" } }"""));
        Put("same.bin", Noise.Of(3_000, pack));
        Put("page.bin", [.. Noise.Of(20_000, 100 + pack), .. Noise.Of(600, _draw.Next(8)), .. Noise.Of(20_000, 200 + pack)]);
        Put("notes.txt", Noise.Of(1_500, 1000 + _draw.Next(4)));
        var target = new BuildTarget(
            async (id, token) => Registry.Find(id, null) is { } latest ? new LatestPack(Manifest.Read((await Store.ReadAsync(latest.Manifest, int.MaxValue, token))!, out _)!, latest.Withdrawn is not null) : null,
            (asked, _) => Task.FromResult(Registry.Known(asked)),
            async (id, bytes, token) => Assert.NotEqual(PutOutcome.WrongBytes, await Store.PutAsync(id, bytes, token)));
        BuiltPack built = await new PackBuilder(target, _time, null).BuildAsync(source, default);
        if (!built.Changed)
            return;
        (PackVersion? added, string? refusal) = await Get<PackIntake>().AcceptAsync(built.Id, default);
        Assert.Null(refusal);
        _taken[(added!.Pack, added.Version)] = built.Id;

        void Put(string name, byte[] bytes)
        {
            using FileStream file = File.Create(Path.Combine(source, name));
            file.Write(bytes);
        }
    }

    private async Task PublishAsync(string pack)
    {
        if (Registry.Find(pack, null) is not { Withdrawn: null } newest)
            return;
        await Get<UpdateLoop>().RoundAsync(default);
        _publishing = (pack, newest.Version);
        _disk.Steps.Step();
        PublishResult result = await Get<PackDesk>().PublishAsync(pack, new PublishRequest(newest.Version, ["all"], null), default);
        _disk.Steps.Step();
        Assert.Equal(PublishOutcome.Published, result.Outcome);
        _published[pack] = newest.Version;
        _publishing = null;
        Published++;
    }

    private async Task WithdrawAsync(string pack)
    {
        if (!_published.TryGetValue(pack, out long version))
            return;
        _withdrawing = (pack, version);
        _disk.Steps.Step();
        await Get<PackDesk>().WithdrawAsync(pack, version, default);
        _disk.Steps.Step();
        Withdrawn(pack, version);
        _withdrawing = null;
    }

    private void Withdrawn(string pack, long version)
    {
        _withdrawn.Add((pack, version));
        _published.Remove(pack);
    }

    /// <summary>A box asks. A version number never stands for two lists, and never goes back.</summary>
    private async Task ListsAsync()
    {
        Check(ListKind.Catalogue, await Get<ListPublisher>().CatalogueAsync(default), payload => Catalogue.Read(payload)!.Version);
        Check(ListKind.Plan, (await Get<ListPublisher>().PlanAsync(School, default))!, payload => SitePlan.Read(payload)!.Version);

        void Check(ListKind kind, byte[] bytes, Func<byte[], long> versionOf)
        {
            Assert.True(SignedList.TryParse(bytes, out SignedList list) && _keys.Trust.Trusts(list));
            long version = versionOf(list.Payload.ToArray());
            if (_lists.TryGetValue(kind, out var former))
            {
                Assert.True(version >= former.Version, $"{kind} went back from {former.Version} to {version}");
                Assert.True(version > former.Version || bytes.AsSpan().SequenceEqual(former.Bytes), $"{kind} {version} says two things");
            }
            _lists[kind] = (version, bytes);
        }
    }

    private async Task AssertSoundAsync()
    {
        // No name stands for other bytes, and nothing half is left.
        foreach (string path in Directory.EnumerateFiles(Path.Combine(Content, "objects"), "*", SearchOption.AllDirectories))
            Assert.Equal(Path.GetFileName(path), ChunkId.Of(await File.ReadAllBytesAsync(path)).ToString());
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(Content, "incoming")));

        // Every version is whole: read as a box would.
        var source = ObjectSource.Of(Store);
        foreach (PackVersion version in Registry.Versions())
        {
            try
            {
                VersionContent whole = await VersionContent.LoadAsync(source, version.Manifest, default);
                foreach (ChunkRef chunk in whole.Chunks.Chunks)
                    Assert.Equal(chunk.Id, ChunkId.Of(await whole.ReadAsync(chunk.Id, default)));
            }
            catch (Exception e) when (e is InvalidDataException or IOException)
            {
                Assert.Fail($"{version.Pack}@{version.Version} is in the registry and is not whole: {e.Message}");
            }
        }
        foreach (((string pack, long version), ChunkId manifest) in _taken)
            Assert.Equal(manifest, Registry.Find(pack, version)?.Manifest);

        // Every update that a list may name is there.
        foreach (PackUpdate update in Get<UpdateTable>().All())
        {
            Assert.NotNull(await Store.ReadAsync(update.Listed.Delta, ManifestDelta.MaxBytes, default));
            if (update.Listed.Bundle is not { } bundle)
                continue;
            BundleIndex index = BundleIndex.Read((await Store.ReadAsync(bundle, BundleIndex.MaxBytes, default))!)!;
            Assert.All(index.Volumes, volume => Assert.Equal(volume.Windows.VolumeBytes, Store.LengthOf(volume.Id)));
        }

        await ListsAsync();
        Catalogue catalogue = Catalogue.Read(Payload(ListKind.Catalogue))!;
        SitePlan plan = SitePlan.Read(Payload(ListKind.Plan))!;
        // What was under way at the cut is done or plainly not.
        if (_publishing is var (publishing, at) && plan.Packs.Any(planned => planned.Pack == publishing && planned.Version == at))
            _published[publishing] = at;
        if (_withdrawing is var (withdrawing, taken) && catalogue.Find(withdrawing, taken) is { Withdrawn: true })
            Withdrawn(withdrawing, taken);
        _publishing = _withdrawing = null;
        Assert.Equal(_published.OrderBy(pack => pack.Key, StringComparer.Ordinal), plan.Packs.Select(planned => KeyValuePair.Create(planned.Pack, planned.Version)).OrderBy(pack => pack.Key, StringComparer.Ordinal));
        foreach ((string pack, long version) in _published)
            Assert.Equal((false, _taken.GetValueOrDefault((pack, version), catalogue.Find(pack, version)!.Manifest)), (catalogue.Find(pack, version)!.Withdrawn, catalogue.Find(pack, version)!.Manifest));
        Assert.All(_withdrawn, gone => Assert.True(catalogue.Find(gone.Pack, gone.Version)!.Withdrawn));
    }

    private byte[] Payload(ListKind kind)
    {
        Assert.True(SignedList.TryParse(_lists[kind].Bytes, out SignedList list));
        return list.Payload.ToArray();
    }

    /// <summary>The power may go again while the relay finds its feet.</summary>
    private void OpenThroughCuts()
    {
        _disk.Steps.CutAfter(_draw.Next(0, 6));
        try
        {
            Open();
            _disk.Restart();
        }
        catch (PowerCutException)
        {
            Cuts++;
            Close();
            _disk.LosePower();
            Open();
        }
    }

    private void Open()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddSingleton<TimeProvider>(_time);
        services.AddSingleton<IListSigner>(new TestSigner(_keys));
        services.AddSingleton(_ => new DurableDatabase(Path.Combine(_folder, "relay.db"), ContentTables.Schema, ProposalTables.Schema, AuditLog.Schema));
        services.AddContent(Content, _ => new PlanSources(() => [new PlannedSchool(School, LocalText.Of("en", "Hill"))], _ => []));
        services.AddSingleton(_ => new ContentStore(Content, _disk));
        _relay = services.BuildServiceProvider();
        _ = Store;
    }

    private void Close()
    {
        _relay?.Dispose();
        SqliteConnection.ClearAllPools();
    }

    private T Get<T>() where T : notnull => _relay.GetRequiredService<T>();
}
