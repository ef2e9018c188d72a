using System.Text.Json;
using EndToEnd.World;
using TestKit;
using Xunit;

namespace EndToEnd;

/// <summary><c>relay pack diff</c>: what staff are told before they publish, beside what boxes then pay at their sockets.</summary>
public sealed class PackDiffTests : IAsyncLifetime
{
    /// <summary>What comes besides the update itself: connections, heads, signed lists, acks of reports.</summary>
    private const long Besides = 24_000;

    private static readonly string[] Shape = ["from", "to", "cost", "unchanged", "renamed", "changed", "added", "removed", "differences"];
    private static readonly string[] CostShape = ["deltaBytes", "chunkBytes", "bundleBytes", "byChunks", "byBundle", "cheaper", "bytes"];
    private static readonly string[] FileShape = ["path", "change", "from", "lengthBytes", "chunkBytes", "bundleBytes"];

    /// <summary>A box hears of an update at once; looks without news would only add bytes.</summary>
    private const string ListInterval = "00:05:00";

    private readonly School _school = new(boxSettings: _ => new() { ["Content__ListInterval"] = ListInterval });
    private readonly BoxNode _chunks;
    private long _version;

    public PackDiffTests() => _chunks = new BoxNode(_school.Folder["chunks"], _school.Relay,
        new Dictionary<string, string>(Quick.Box) { ["Content__ListInterval"] = ListInterval, ["Content__TakeBundles"] = "false" });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _school.StartAsync(Token);
        await _chunks.StartAsync(Token);
        await _chunks.ClaimAsync(_school.Relay, "Chunk School", Token);
        Write("pack.json", """{ "id": "year", "title": { "en": "Year" } }""");
        for (int i = 0; i < 8; i++)
        {
            Write($"pages/{i}.html", Text(i, 4_000));
            Write($"pictures/{i}.jpg", Noise.Of(30_000 + i, 50 + i));
        }
        Write("film.mp4", Noise.Of(2_000_000, 1));
        await PublishAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _chunks.DisposeAsync();
        await _school.DisposeAsync();
    }

    [Fact]
    public async Task What_the_command_says_beforehand_is_what_boxes_pay_by_either_way_and_for_each_file()
    {
        // One file of media: nothing to gain by a bundle but its neighbours.
        byte[] film = File.ReadAllBytes(At("film.mp4"));
        Noise.Of(300_000, 2).CopyTo(film, 900_000);
        Write("film.mp4", film);
        JsonElement diff = await PaidAsAnnouncedAsync();
        JsonElement file = Assert.Single(diff.GetProperty("differences").EnumerateArray());
        Assert.Equal(("film.mp4", "changed"), (Text(file, "path"), Text(file, "change")));
        Assert.InRange(Number(file, "chunkBytes"), 300_000, 1_500_000);

        // A page with a word corrected here and there: each chunk that has one, or what is new in them.
        Write("pages/3.html", Enumerable.Range(0, 26).Aggregate(Text(3, 4_000), (text, i) => text.Replace($"paragraph {i * 150} ", $"correction {i} ", StringComparison.Ordinal)));
        diff = await PaidAsAnnouncedAsync();
        file = Assert.Single(diff.GetProperty("differences").EnumerateArray());
        Assert.Equal(("pages/3.html", "changed", "bundle"), (Text(file, "path"), Text(file, "change"), Text(diff.GetProperty("cost"), "cheaper")));
        Assert.InRange(Number(file, "chunkBytes"), 10_000, 80_000);
        Assert.InRange(Number(file, "bundleBytes"), 100, Number(file, "chunkBytes") / 4);

        // A folder renamed: names alone.
        Directory.Move(At("pictures"), At("photos"));
        diff = await PaidAsAnnouncedAsync();
        Assert.Equal(Enumerable.Range(0, 8).Select(i => ($"photos/{i}.jpg", "renamed", $"pictures/{i}.jpg", 0L, 0L)),
            diff.GetProperty("differences").EnumerateArray().Select(row => (Text(row, "path"), Text(row, "change"), Text(row, "from"), Number(row, "chunkBytes"), Number(row, "bundleBytes"))));
        Assert.Equal((8, 0L), (diff.GetProperty("renamed").GetProperty("files").GetInt32(), Number(diff.GetProperty("cost"), "chunkBytes")));
        Assert.InRange(Number(diff.GetProperty("cost"), "bytes"), 1, 2_000);

        // All at once: added, dropped, renamed and changed.
        Write("new/film.mp4", Noise.Of(400_000, 9));
        File.Delete(At("photos/5.jpg"));
        File.Move(At("pages/0.html"), At("new/first.html"));
        Write("pages/1.html", Text(77, 4_000));
        diff = await PaidAsAnnouncedAsync();
        Assert.Equal([("new/film.mp4", "added"), ("new/first.html", "renamed"), ("pages/1.html", "changed"), ("photos/5.jpg", "removed")],
            diff.GetProperty("differences").EnumerateArray().Select(row => (Text(row, "path"), Text(row, "change"))).Order());
        foreach (string kind in (string[])["added", "renamed", "changed", "removed"])
        {
            JsonElement[] rows = [.. diff.GetProperty("differences").EnumerateArray().Where(row => Text(row, "change") == kind)];
            Assert.Equal((rows.Length, rows.Sum(row => Number(row, "lengthBytes"))), (diff.GetProperty(kind).GetProperty("files").GetInt32(), Number(diff.GetProperty(kind), "bytes")));
        }
    }

    /// <summary>Asks, before and after the folder is built, publishes it, and holds the answer against what crosses the boxes' links.</summary>
    private async Task<JsonElement> PaidAsAnnouncedAsync()
    {
        JsonElement before = await DiffAsync($"year@{_version}", At(""));
        JsonElement built = await _school.Relay.CliAsync(Token, "pack", "build", At(""));
        JsonElement diff = await DiffAsync($"year@{_version}", $"year@{built.GetProperty("version").GetInt64()}");
        foreach (string what in (string[])["chunkBytes", "bundleBytes", "cheaper"])
            Assert.Equal(diff.GetProperty("cost").GetProperty(what).ToString(), before.GetProperty("cost").GetProperty(what).ToString());
        // Of a folder the volumes' names are not known yet: they pack a little otherwise.
        Assert.InRange(Number(before.GetProperty("cost"), "deltaBytes") - Number(diff.GetProperty("cost"), "deltaBytes"), -64, 64);
        Assert.Equal(before.GetProperty("differences").ToString(), diff.GetProperty("differences").ToString());

        BoxNode[] boxes = [_school.Box, _chunks];
        await QuietAsync(boxes);
        long[] held = [.. boxes.Select(Down)];
        await PublishAsync();
        await QuietAsync(boxes);
        JsonElement cost = diff.GetProperty("cost");
        Assert.InRange(Down(_school.Box) - held[0], Number(cost, "bytes"), Number(cost, "bytes") + Besides);
        Assert.InRange(Down(_chunks) - held[1], Number(cost, "byChunks"), Number(cost, "byChunks") + Besides);
        Assert.Equal(Text(cost, "cheaper") == "bundle", _school.Box.Output.Contains($"year version {_version} comes by bundle", StringComparison.Ordinal));
        return diff;
    }

    /// <summary>The answer, when it says what it must: each file's part, and parts that make up the whole.</summary>
    private async Task<JsonElement> DiffAsync(string from, string to)
    {
        JsonElement diff = await _school.Relay.CliAsync(Token, "pack", "diff", from, to);
        JsonElement cost = diff.GetProperty("cost");
        JsonElement[] files = [.. diff.GetProperty("differences").EnumerateArray()];
        Assert.Equal(Shape, Names(diff));
        Assert.Equal(CostShape, Names(cost));
        Assert.All(files, file => Assert.Equal(FileShape, Names(file)));
        Assert.Equal((from, to), (Text(diff, "from"), Text(diff, "to")));
        Assert.Equal(Number(cost, "chunkBytes"), files.Sum(file => Number(file, "chunkBytes")));
        // A bundle has its own index, which is no file's; a file's part is a whole number of bytes.
        if (Text(cost, "cheaper") == "bundle")
            Assert.InRange(Number(cost, "bundleBytes") - files.Sum(file => Number(file, "bundleBytes")), 0, 200);
        Assert.Equal((Number(cost, "deltaBytes") + Number(cost, "chunkBytes"), Number(cost, "deltaBytes") + Number(cost, "bundleBytes")), (Number(cost, "byChunks"), Number(cost, "byBundle")));
        Assert.Equal(Math.Min(Number(cost, "byChunks"), Number(cost, "byBundle")), Number(cost, "bytes"));
        return diff;
    }

    /// <summary>Builds what the folder holds, unless it is built, publishes it, and waits until both boxes show it.</summary>
    private async Task PublishAsync()
    {
        _version = (await _school.Relay.CliAsync(Token, "pack", "build", At(""))).GetProperty("version").GetInt64();
        await _school.Relay.CliAsync(Token, "pack", "publish", $"year@{_version}", "--to", "all");
        foreach (BoxNode box in (BoxNode[])[_school.Box, _chunks])
        {
            await Eventually.Async(async () => (await box.StatusAsync(Token)).GetProperty("packs").EnumerateArray()
                .Any(pack => pack.GetProperty("state").GetString() == "Verified" && pack.GetProperty("version").GetInt64() == _version), $"version {_version} shows", Token, TimeSpan.FromSeconds(60), () => $"{_school.Evidence}\n{_chunks.Output}");
        }
    }

    /// <summary>Until reports and their answers are over.</summary>
    private static Task QuietAsync(BoxNode[] boxes)
    {
        (long Bytes, int Looks) last = (-1, 0);
        return Eventually.Async(() => Task.FromResult((last = boxes.Sum(Down) is var now && now == last.Bytes ? (now, last.Looks + 1) : (now, 0)).Looks >= 50), "the links are quiet", Token, TimeSpan.FromSeconds(60));
    }

    private static long Down(BoxNode box) => box.Api.DownBytes + box.Mqtt.DownBytes;

    private string At(string path) => _school.Folder[Path.Combine("year", path)];

    private void Write(string path, string text) => _school.Folder.Write($"year/{path}", text);

    private void Write(string path, byte[] bytes) => _school.Folder.Write($"year/{path}", bytes);

    private static string[] Names(JsonElement value) => [.. value.EnumerateObject().Select(member => member.Name)];

    private static string Text(JsonElement value, string name) => value.GetProperty(name).GetString()!;

    private static long Number(JsonElement value, string name) => value.GetProperty(name).GetInt64();

    private static string Text(int seed, int paragraphs) => string.Concat(Enumerable.Range(0, paragraphs).Select(i => $"<p>{seed} paragraph {i} {(seed * 31 + i) * 7_919L % 10_007}</p>\n"));
}
