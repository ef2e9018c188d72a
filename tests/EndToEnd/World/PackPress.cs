using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using TestKit;
using TestKit.Disk;

namespace EndToEnd.World;

/// <summary>Staff who correct a pack again and again through the command line, and know byte for byte what each version holds.</summary>
/// <param name="relay">Where they publish.</param>
/// <param name="folder">The pack's folder is made in it.</param>
/// <param name="seed">Of all bytes.</param>
/// <param name="pack">Its id.</param>
/// <param name="newBytes">How much of the film is new in each edition.</param>
public sealed class PackPress(RelayNode relay, TempFolder folder, int seed, string pack = "book", int newBytes = 50_000)
{
    private readonly ConcurrentDictionary<long, ImmutableSortedDictionary<string, string>> _versions = [];
    private int _edition;

    /// <summary>Id of the pack.</summary>
    public string Pack => pack;

    /// <summary>Version to path to SHA-256 of all versions that may be published.</summary>
    public IReadOnlyDictionary<long, ImmutableSortedDictionary<string, string>> Versions => _versions;

    /// <summary>The version published last; 0: none.</summary>
    public long Published { get; private set; }

    /// <summary>Makes another edition and publishes it. A command that fails because the relay is away is typed again.</summary>
    public async Task PublishAsync(CancellationToken cancellationToken)
    {
        ImmutableSortedDictionary<string, string> files = Write(_edition++);
        JsonElement built = await TypeAsync(cancellationToken, "pack", "build", folder[pack]);
        long version = built.GetProperty("version").GetInt64();
        _versions[version] = files;
        await TypeAsync(cancellationToken, "pack", "publish", $"{pack}@{version}", "--to", "all");
        Published = version;
    }

    private ImmutableSortedDictionary<string, string> Write(int edition)
    {
        folder.Write($"{pack}/pack.json", $$$"""{"id":"{{{pack}}}","title":{"en":"Book"}}""");
        // A film that stays but for its middle, a page that is new each time, and one that never changes.
        byte[] film = Noise.Of(1_500_000, seed);
        Noise.Of(newBytes, seed + edition + 1).CopyTo(film, 1_450_000 - newBytes);
        var files = new Dictionary<string, byte[]>
        {
            ["film.mp4"] = film,
            ["notes/page.txt"] = Noise.Of(20_000, seed + 1000 + edition),
            ["notes/same.txt"] = Noise.Of(3_000, seed + 500),
        };
        foreach ((string path, byte[] bytes) in files)
            folder.Write($"{pack}/{path}", bytes);
        return files.ToImmutableSortedDictionary(file => file.Key, file => Convert.ToHexStringLower(SHA256.HashData(file.Value)));
    }

    private async Task<JsonElement> TypeAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        while (true)
        {
            (int exitCode, string output, string error) = await relay.RunAsync(cancellationToken, [.. arguments, "--json"]);
            if (exitCode == 0)
                return JsonElement.Parse(output);
            if (exitCode != 1 || error.Contains("   at ", StringComparison.Ordinal))
                throw new InvalidOperationException($"relay {string.Join(' ', arguments)} did not end well with a relay that dies ({exitCode}): {error}");
        }
    }
}

/// <summary>A pupil who reads the pack all day and believes nothing: each file must be whole and of a version that was published, and never an older one than before.</summary>
/// <param name="box">The box.</param>
/// <param name="press">What was published.</param>
/// <param name="cuts">Grows when the power of the box's disk goes, and again when it is back; null: it stays. Without power the box may say that it cannot read.</param>
public sealed class PackReader(BoxNode box, PackPress press, Func<int>? cuts = null)
{
    private readonly Dictionary<string, long> _seen = [];

    /// <summary>Files read and found right.</summary>
    public int Reads { get; private set; }

    /// <summary>The version that the box says it shows; null: none yet.</summary>
    public async Task<long?> ShownAsync(CancellationToken cancellationToken) =>
        (await box.StatusAsync(cancellationToken)).GetProperty("packs").EnumerateArray()
            .Where(pack => pack.GetProperty("pack").GetString() == press.Pack && pack.GetProperty("state").GetString() == "Verified")
            .Select(pack => (long?)pack.GetProperty("version").GetInt64()).FirstOrDefault();

    /// <summary>Reads the pack once through.</summary>
    /// <exception cref="InvalidOperationException">What the box gave is no version.</exception>
    /// <exception cref="HttpRequestException">The box is away, or went while it gave.</exception>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        if (await ShownAsync(cancellationToken) is not { } before)
        {
            if (_seen.Count > 0)
                throw new InvalidOperationException("the pack was shown and is gone");
            return;
        }
        int? cutsBefore = cuts?.Invoke();
        var read = new Dictionary<string, string>();
        foreach (string path in press.Versions[before].Keys)
        {
            using HttpResponseMessage answer = await box.Http.GetAsync($"/library/{press.Pack}/{path}", cancellationToken);
            if (answer.StatusCode == HttpStatusCode.InternalServerError && cuts?.Invoke() is { } now && (now != cutsBefore || now % 2 == 1))
                return;
            if (answer.StatusCode != HttpStatusCode.OK)
                throw new InvalidOperationException($"version {before} shows, and {path} answers {(int)answer.StatusCode}");
            read[path] = Convert.ToHexStringLower(SHA256.HashData(await answer.Content.ReadAsByteArrayAsync(cancellationToken)));
            long[] from = [.. press.Versions.Where(version => version.Value[path] == read[path]).Select(version => version.Key)];
            if (from.Length == 0)
                throw new InvalidOperationException($"{path} has bytes of no version");
            if (from.Max() < _seen.GetValueOrDefault(path))
                throw new InvalidOperationException($"{path} was of version {_seen[path]} and is now of version {from.Max()}");
            _seen[path] = Math.Max(_seen.GetValueOrDefault(path), from.Min());
            Reads++;
        }
        if (await ShownAsync(cancellationToken) == before && !press.Versions[before].SequenceEqual(read.OrderBy(file => file.Key, StringComparer.Ordinal)))
            throw new InvalidOperationException($"the files of version {before} are a mixture");
    }
}
