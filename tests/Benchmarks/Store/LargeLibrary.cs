using Dapper;
using Edge.Box.Content;
using Edge.Core.Content;
using Edge.Core.Text;
using Microsoft.Extensions.Logging.Abstractions;
using TestKit.Disk;

namespace EdgeBench.Store;

/// <summary>A library of 80 000 packs: how long it takes to enter them, and what a search costs. Descriptions only: what the search goes by.</summary>
internal static class LargeLibrary
{
    private const int StoredAtOnce = 500;
    private const int Searches = 400;

    private static readonly string[] Subjects = ["数学", "语文", "英语", "物理", "化学", "生物", "历史", "地理", "音乐"];
    private static readonly string[] Topics = ["分数", "方程", "古诗", "光合作用", "力学", "中国历史", "地图", "元素周期表", "阅读理解", "几何", "概率", "声音", "电路", "细胞", "作文", "旋律"];
    private static readonly string[] Words = ["fractions", "equations", "poems", "photosynthesis", "mechanics", "history", "maps", "elements", "reading", "geometry", "chance", "sound", "circuits", "cells", "writing", "melody"];

    /// <summary>Frequent and rare words, one character, two, several, Latin beginnings, with and without filters, deep pages.</summary>
    private static readonly LibraryQuery[] Queries =
    [
        new(), new("分"), new("分数"), new("第一课"), new("课"), new("光合作用"), new("frac"), new("geometry lesson"), new("第123课"), new("nothing like it"),
        new(Subject: "数学"), new(Subject: "数学", Grade: "7"), new("课", Kind: FileKind.Video), new(Collection: "Collection 7"), new("分数", Language: "en"), new("方程", Grade: "10"), new(Skip: 40_000),
        new("元素 elements", Subject: "化学"), new("p"), new("练习"),
    ];

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(TempFolder folder, int sets, CancellationToken cancellationToken)
    {
        Report.Say($"Making a library of {sets} packs");
        string content = folder["library/content"];
        using var database = new ContentDatabase(content, NullLogger.Instance);
        using DiskChunkStore store = DiskChunkStore.Open(Path.Combine(content, "store"), database.Database, new ContentOptions(), () => long.MaxValue, NullLogger.Instance);
        var library = new PackLibrary(store, database.Database, new PackHold(_ => false, default, TimeProvider.System), NullLogger<PackLibrary>.Instance);
        for (int from = 0; from < sets; from += StoredAtOnce)
        {
            (Manifest Manifest, byte[] Bytes)[] some = [.. Enumerable.Range(from, Math.Min(StoredAtOnce, sets - from)).Select(n => Make(n)).Select(manifest => (manifest, manifest.ToBytes()))];
            await store.AddAsync([.. some.Select(made => ArrivedChunk.Plain(ChunkId.Of(made.Bytes), made.Bytes))], cancellationToken);
            await database.Database.WriteAsync((connection, transaction) =>
            {
                var rows = some.Select((made, i) => new { made.Manifest.Pack, id = ChunkId.Of(made.Bytes).ToArray(), made.Manifest.LengthBytes, turn = from + i }).ToList();
                connection.Execute("INSERT INTO shown (pack, version, manifest, bytes, turn) VALUES (@Pack, 1, @id, @LengthBytes, @turn)", rows, transaction);
                connection.Execute("INSERT INTO holders (pack, version, manifest) VALUES (@Pack, 1, @id)", rows, transaction);
                connection.Execute("INSERT INTO uses SELECT (SELECT n FROM holders WHERE manifest = @id), n FROM chunks WHERE id = @id", rows, transaction);
            }, cancellationToken);
        }

        Report.Say("Entering them into the search");
        using var search = new LibrarySearch(Path.Combine(content, "search.db"), library, NullLogger<LibrarySearch>.Instance);
        long began = TimeProvider.System.GetTimestamp();
        await search.FollowAsync(cancellationToken);
        double entered = TimeProvider.System.GetElapsedTime(began).TotalSeconds;

        Report.Say($"{Searches} searches");
        long before = GC.GetTotalMemory(forceFullCollection: true);
        LibraryAnswer all = search.Search(new LibraryQuery());
        if (all.Total != sets || !all.Complete)
            throw new InvalidOperationException($"{all.Total} of {sets} packs are found");
        long held = GC.GetTotalMemory(forceFullCollection: true) - before;
        var times = new List<double>();
        for (int n = 0; n < Searches; n++)
        {
            began = TimeProvider.System.GetTimestamp();
            search.Search(Queries[n % Queries.Length]);
            times.Add(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
        }
        return
        [
            new($"search of {sets} packs, p50", "ms", [Figure.Quantile(times, 0.5)]),
            new($"search of {sets} packs, p99", "ms", [Figure.Quantile(times, 0.99)], Bar.Max(300)),
            new($"search of {sets} packs, slowest", "ms", [times.Max()], Bar.Max(300)),
            new($"{sets} packs entered", "s", [entered]),
            new($"search of {sets} packs: index on disk", "MB", [new FileInfo(Path.Combine(content, "search.db")).Length / 1e6]),
            new($"search of {sets} packs: memory it holds", "MB", [held / 1e6]),
        ];
    }

    private static Manifest Make(int n)
    {
        int topic = n % Topics.Length;
        string id = $"pack-{n:00000}";
        PackFile File(int i, string name, string type, FileKind kind) =>
            new(name, type, kind, 1_000_000 + n, ChunkId.Of(System.Text.Encoding.UTF8.GetBytes($"{n} {i}")), ChunkId.Of(System.Text.Encoding.UTF8.GetBytes($"recipe {n} {i}")), LocalText.Of("zh-Hans", $"{Topics[topic]} 第{i}部分"));
        return new Manifest(id, 1, DateTimeOffset.UnixEpoch,
            new PackMetadata(LocalText.Of("zh-Hans", $"{Topics[topic]} 第{n % 200}课 {Subjects[n % Subjects.Length]}练习").And("en", $"{Words[topic]} lesson {n % 200}"), n % 3 == 0 ? "primary" : "junior",
                $"{1 + n % 12}", Subjects[n % Subjects.Length], $"Edition {n % 40}", [$"K{n % 900}", Topics[(topic + 5) % Topics.Length]], Supplier: $"School {n % 45}",
                Languages: n % 4 == 0 ? ["zh-Hans", "en"] : ["zh-Hans"], Collections: n % 5 == 0 ? [$"Collection {n % 60}"] : []),
            [File(1, "video/lesson.mp4", "video/mp4", FileKind.Video), File(2, "slides.pptx", "application/octet-stream", FileKind.Courseware), File(3, "notes.pdf", "application/pdf", FileKind.Document),
                File(4, "exercise.xml", "application/xml", FileKind.Exercise), File(5, "picture.png", "image/png", FileKind.Picture)], []);
    }
}
