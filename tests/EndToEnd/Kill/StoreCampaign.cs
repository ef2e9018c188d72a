using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using EndToEnd.World;
using TestKit;
using TestKit.Disk;
using TestKit.Processes;

namespace EndToEnd.Kill;

/// <summary>What a blow is.</summary>
public enum Blow
{
    /// <summary><c>kill -9</c>: the system still has all that was written.</summary>
    Kill,
    /// <summary>The disk's power goes, and the process with it: what was not synced is gone.</summary>
    PowerCut,
}

/// <summary>Box and relay are struck at random instants while packs are published, fetched, brought on a stick, and make room for each other in a quota that is too small. After each round
/// everything is looked at. The same seed gives the same blows, though not the same instants: set <c>EDGE_SEED</c>.</summary>
public sealed class StoreCampaign : IAsyncDisposable
{
    // Three packs of 1.5 MB as they are, and 1 MB more for each former version: they do not all fit.
    private const int NewBytes = 1_000_000;
    private const long QuotaBytes = 8_000_000;
    private const int StoreFileBytes = 1 << 20;

    // So much may be fetched again for each blow (what is in flight), and so much do lists, descriptions and handshakes cost.
    private const int WasteBytes = 512 << 10;
    private const int HandshakeBytes = 40 << 10;

    private const long DiskBytes = 256L << 20;

    /// <summary>For what must come about by itself.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TempFolder _folder = new();
    private readonly Blow _blow;
    private readonly int _wanted;
    private readonly Random _draw;
    private readonly LoopDisk? _boxDisk;
    private readonly LoopDisk? _relayDisk;
    private readonly PackPress[] _presses;
    private readonly PackReader[] _readers;
    // Odd from the cut until the process that met it is dead.
    private int _cuts;

    /// <param name="blow">What is dealt.</param>
    /// <param name="wanted">How many.</param>
    public StoreCampaign(Blow blow, int wanted)
    {
        (_blow, _wanted, _draw) = (blow, wanted, new Random(Seed));
        if (blow == Blow.PowerCut)
        {
            _boxDisk = LoopDisk.Create(_folder["box.img"], _folder["box"], DiskBytes);
            _relayDisk = LoopDisk.Create(_folder["relay.img"], _folder["relay"], DiskBytes * 2);
        }
        Relay = new RelayNode(Path.Combine(_folder["relay"], "data"), Quick.Relay);
        Box = new BoxNode(Path.Combine(_folder["box"], "data"), Relay, new Dictionary<string, string>(Quick.Box)
        {
            ["Content__QuotaBytes"] = $"{QuotaBytes}",
            ["Content__StoreFileBytes"] = $"{StoreFileBytes}",
            ["Usb__MountRoot"] = _folder["mnt"],
            ["Usb__WatchInterval"] = "00:00:00.100",
            ["Neighbour__Discovery"] = "false",
        });
        Directory.CreateDirectory(_folder["mnt"]);
        _presses = [.. Enumerable.Range(0, 3).Select(n => new PackPress(Relay, _folder, Seed + (n * 1_000_000), $"pack{n}", NewBytes))];
        _readers = [.. _presses.Select(press => new PackReader(Box, press, () => Volatile.Read(ref _cuts)))];
    }

    public int Seed { get; } = int.TryParse(Environment.GetEnvironmentVariable("EDGE_SEED"), out int seed) ? seed : RandomNumberGenerator.GetInt32(1_000_000);

    public int Blows { get; private set; }

    public RelayNode Relay { get; }

    public BoxNode Box { get; }

    /// <summary>Blows by what was going on.</summary>
    public Dictionary<string, int> During { get; } = [];

    /// <summary>Most bytes that one blow made the box fetch again, what lists cost included.</summary>
    public long WorstWaste { get; private set; }

    public string Summary => $"EDGE_SEED={Seed}: {Blows} blows ({string.Join(", ", During.OrderBy(what => what.Key, StringComparer.Ordinal).Select(what => $"{what.Value} at {what.Key}"))}), "
        + $"{_presses.Sum(press => press.Versions.Count)} versions, {_readers.Sum(reader => reader.Reads)} files read, worst waste {WorstWaste} bytes";

    private string Evidence => $"{Summary}\n--- box\n{Box.Output}\n--- relay\n{Relay.Output}";

    /// <summary>Deals all the blows and looks after each round.</summary>
    /// <exception cref="InvalidOperationException">Something is not as it must be.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Relay.StartAsync(cancellationToken);
            await Box.StartAsync(cancellationToken);
            await Box.ClaimAsync(Relay, School.Name, cancellationToken);
            foreach (PackPress press in _presses)
                await press.PublishAsync(cancellationToken);
            await ShownAsync(cancellationToken);
            for (int round = 0; Blows < _wanted; round++)
            {
                await (round % 3 == 0 ? PublishAsync(cancellationToken) : round % 3 == 1 ? FetchAsync(cancellationToken) : ImportAsync(cancellationToken));
                await LookAsync(cancellationToken);
            }
            await RelayIsWholeAsync(cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new InvalidOperationException($"{e.Message}\n{Evidence}", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Box.DisposeAsync();
        await Relay.DisposeAsync();
        _boxDisk?.Dispose();
        _relayDisk?.Dispose();
        _folder.Dispose();
    }

    /// <summary>The relay is struck while staff build and publish; the box fetches what comes of it.</summary>
    private async Task PublishAsync(CancellationToken cancellationToken)
    {
        Task publishing = Any().PublishAsync(cancellationToken);
        await StrikeWhileAsync(publishing, "publish", relay: true, mostMilliseconds: 2500, cancellationToken);
        await publishing;
        await ShownAsync(cancellationToken);
    }

    /// <summary>A version waits at the relay; the box is struck while it makes room and fetches.</summary>
    private async Task FetchAsync(CancellationToken cancellationToken)
    {
        Box.Api.Sever();
        PackPress press = Any();
        await press.PublishAsync(cancellationToken);
        long before = Box.Api.DownBytes;
        int struck = Blows;
        // About two seconds, so that most blows fall into it.
        Box.Api.RateBytesPerSecond = 150 << 10;
        Box.Api.Join();
        Task shown = ShownAsync(cancellationToken);
        await StrikeWhileAsync(shown, "evict and fetch", relay: _draw.Next(4) == 0, mostMilliseconds: 1800, cancellationToken);
        await shown;
        Box.Api.RateBytesPerSecond = 0;
        long spare = Box.Api.DownBytes - before - NewBytes - 40_000;
        struck = Blows - struck;
        WorstWaste = Math.Max(WorstWaste, spare / Math.Max(1, struck));
        if (spare > (struck * (WasteBytes + HandshakeBytes)) + HandshakeBytes + (200 << 10))
            throw new InvalidOperationException($"{Box.Api.DownBytes - before} bytes for {NewBytes} new ones and {struck} blows: something was paid twice");
    }

    /// <summary>No packet passes; the box is struck while it reads the stick.</summary>
    private async Task ImportAsync(CancellationToken cancellationToken)
    {
        Box.Api.Sever();
        await Any().PublishAsync(cancellationToken);
        string stick = Directory.CreateDirectory(_folder["stick"]).FullName;
        await Relay.CliAsync(cancellationToken, "bundle", "export", "--for", School.Id, "--to", stick);
        string mount = Path.Combine(_folder["mnt"], "sda1");
        Directory.CreateSymbolicLink(mount, stick);
        Task shown = ShownAsync(cancellationToken);
        await StrikeWhileAsync(shown, "import", relay: false, mostMilliseconds: 700, cancellationToken);
        await shown;
        Directory.Delete(mount);
        Directory.Delete(stick, recursive: true);
        Box.Api.Join();
    }

    private PackPress Any() => _presses[_draw.Next(_presses.Length)];

    /// <summary>Deals a few blows at random instants. One that comes late falls into whatever follows: that is an instant too.</summary>
    private async Task StrikeWhileAsync(Task work, string what, bool relay, int mostMilliseconds, CancellationToken cancellationToken)
    {
        for (int blows = _draw.Next(1, 4); blows > 0 && Blows < _wanted; blows--)
        {
            await Task.WhenAny(work, Task.Delay(TimeSpan.FromMilliseconds(_draw.Next(mostMilliseconds)), TimeProvider.System, cancellationToken));
            if (work.IsFaulted)
                return;
            if (relay)
                await StrikeAsync(Relay.KillAsync, Relay.LaunchAsync, _relayDisk, cancellationToken);
            else
                await StrikeAsync(Box.KillAsync, Box.LaunchAsync, _boxDisk, cancellationToken);
            Blows++;
            During[what] = During.GetValueOrDefault(what) + 1;
            // Mostly it is up again before the next one; sometimes that falls while it still starts.
            if (_draw.Next(4) > 0)
                await BothAnswerAsync(cancellationToken);
        }
    }

    private async Task StrikeAsync(Func<Task> kill, Func<CancellationToken, Task> launch, LoopDisk? disk, CancellationToken cancellationToken)
    {
        if (_blow == Blow.PowerCut)
        {
            Interlocked.Increment(ref _cuts);
            disk!.CutPower();
        }
        await kill();
        if (_blow == Blow.PowerCut)
        {
            disk!.Restore();
            Interlocked.Increment(ref _cuts);
        }
        await launch(cancellationToken);
    }

    private async Task BothAnswerAsync(CancellationToken cancellationToken)
    {
        await Eventually.Async(async () => (await Box.Http.GetAsync("/healthz", cancellationToken)).IsSuccessStatusCode, "the box answers", cancellationToken, Patience);
        await Eventually.Async(async () => (await Relay.Staff.GetAsync("/healthz", cancellationToken)).IsSuccessStatusCode, "the relay answers", cancellationToken, Patience);
    }

    /// <summary>Waits until the box shows what was published last of each pack. Meanwhile a pupil reads: what shows is whole and of one version at every look.</summary>
    private async Task ShownAsync(CancellationToken cancellationToken)
    {
        for (int n = 0; n < _presses.Length; n++)
        {
            (PackPress press, PackReader reader) = (_presses[n], _readers[n]);
            await Eventually.Async(async () =>
            {
                await reader.ReadAsync(cancellationToken);
                return await reader.ShownAsync(cancellationToken) == press.Published;
            }, $"version {press.Published} of {press.Pack} shows", cancellationToken, Patience, () => Evidence);
        }
    }

    /// <summary>Everything shows and reads right; every stored byte hashes right; the store is within its bounds.</summary>
    private async Task LookAsync(CancellationToken cancellationToken)
    {
        await BothAnswerAsync(cancellationToken);
        await ShownAsync(cancellationToken);
        (int exitCode, string output) = await VerifyAsync(cancellationToken);
        if (exitCode != 0)
            throw new InvalidOperationException($"box verify: {output}");
        long stored = Directory.EnumerateFiles(Path.Combine(Box.Folder, "content", "store")).Sum(path => new FileInfo(path).Length);
        if (stored > QuotaBytes + (2 * StoreFileBytes))
            throw new InvalidOperationException($"{stored} bytes are stored, the quota is {QuotaBytes}");
    }

    private async Task<(int ExitCode, string Output)> VerifyAsync(CancellationToken cancellationToken)
    {
        var start = Repository.PublishedBox is { } published ? new ProcessStartInfo(published) : new ProcessStartInfo("dotnet", [Repository.Program("edge/Box", "box")]);
        foreach (string argument in (string[])["verify", "--data", Box.Folder, "--json"])
            start.ArgumentList.Add(argument);
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        Task<string> error = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, await output + await error);
    }

    /// <summary>What was said to be published is, and no object stands under a name that is not its own. What staff typed in vain is plainly not published, or was published after all.</summary>
    private async Task RelayIsWholeAsync(CancellationToken cancellationToken)
    {
        foreach (string path in Directory.EnumerateFiles(Path.Combine(Relay.Folder, "content", "objects"), "*", SearchOption.AllDirectories))
        {
            await using FileStream file = File.OpenRead(path);
            if (Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken)) != Path.GetFileName(path))
                throw new InvalidOperationException($"{path} holds other bytes than its name says");
        }
        foreach (PackPress press in _presses)
        {
            foreach (long version in press.Versions.Keys)
            {
                JsonElement known = await Relay.GetAsync($"/api/packs/{press.Pack}/versions/{version}", cancellationToken);
                if (known.GetProperty("withdrawn").GetBoolean())
                    throw new InvalidOperationException($"{press.Pack}@{version} was withdrawn by nobody");
            }
        }
    }
}
