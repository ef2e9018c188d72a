using System.Security.Cryptography;
using Edge.Box.Cli;
using Edge.Box.Content;
using Edge.Core.Content;
using Microsoft.Extensions.Logging.Abstractions;
using TestKit;
using TestKit.Disk;

namespace EdgeBench.Store;

/// <summary>Bytes a second of what is done with every byte, beside plain SHA-256 on one core in the same round.</summary>
internal static class Throughput
{
    private const int BatchBytes = 256 << 10;

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(TempFolder folder, int megabytes, int rounds, CancellationToken cancellationToken)
    {
        Report.Say($"Cutting, storing and hashing {megabytes} MB, {rounds} times");
        byte[] bytes = Noise.Of(megabytes << 20, 1);
        var plain = new List<double>();
        var cut = new List<double>();
        var stored = new List<double>();
        var check = new List<double>();
        var verb = new List<double>();
        for (int round = 0; round < rounds; round++)
        {
            plain.Add(Rate(bytes.Length, () =>
            {
                Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
                for (int at = 0; at < bytes.Length; at += Chunker.MediaAverageBytes)
                    SHA256.HashData(bytes.AsSpan(at, Math.Min(Chunker.MediaAverageBytes, bytes.Length - at)), hash);
            }));
            List<ArrivedChunk> chunks = [];
            cut.Add(Rate(bytes.Length, () => chunks = Cut(bytes)));
            string data = folder[$"throughput-{round}"];
            string content = Path.Combine(data, "content");
            using (var database = new ContentDatabase(content, NullLogger.Instance))
            using (DiskChunkStore store = DiskChunkStore.Open(Path.Combine(content, "store"), database.Database, new ContentOptions(), () => long.MaxValue, NullLogger.Instance))
            {
                stored.Add(await RateAsync(bytes.Length, async () =>
                {
                    foreach (ArrivedChunk[] batch in Batches(chunks))
                        await store.AddAsync(batch, cancellationToken);
                }));
                check.Add(await RateAsync(bytes.Length, async () =>
                {
                    CheckedStretch all = await store.CheckAsync(default, long.MaxValue, cancellationToken);
                    if (all.Bytes != bytes.Length || all.Damaged.Count > 0)
                        throw new InvalidOperationException($"{all.Bytes} of {bytes.Length} bytes checked, {all.Damaged.Count} damaged");
                }));
            }
            verb.Add(await RateAsync(bytes.Length, async () =>
            {
                VerifyResult all = await VerifyCommand.RunAsync(data, (_, _) => { }, cancellationToken);
                if (all.Bytes != bytes.Length || all.Damaged > 0)
                    throw new InvalidOperationException($"{all.Bytes} of {bytes.Length} bytes verified, {all.Damaged} damaged");
            }));
            Directory.Delete(data, recursive: true);
        }
        return
        [
            new("plain SHA-256, one core", "MB/s", plain),
            new("cut and hash, one core", "MB/s", cut),
            new("cut and hash, of plain SHA-256", "", cut.Zip(plain, (ours, theirs) => ours / theirs), Bar.Min(0.5)),
            new("stored, durable every 256 KiB", "MB/s", stored),
            new("verified, one core", "MB/s", check),
            new("verified, of plain SHA-256", "", check.Zip(plain, (ours, theirs) => ours / theirs), Bar.Min(0.85)),
            new("box verify, all cores", "MB/s", verb),
        ];
    }

    private static List<ArrivedChunk> Cut(byte[] bytes)
    {
        var chunks = new List<ArrivedChunk>();
        Chunker chunker = Chunker.For("video/mp4", bytes.Length);
        for (int at = 0; at < bytes.Length;)
        {
            int length = chunker.NextCut(bytes.AsSpan(at, Math.Min(chunker.MaxBytes, bytes.Length - at)), at + chunker.MaxBytes >= bytes.Length);
            chunks.Add(ArrivedChunk.Plain(ChunkId.Of(bytes.AsSpan(at, length)), bytes.AsMemory(at, length)));
            at += length;
        }
        return chunks;
    }

    /// <summary>As the fetcher hands them over.</summary>
    private static IEnumerable<ArrivedChunk[]> Batches(List<ArrivedChunk> chunks)
    {
        var batch = new List<ArrivedChunk>();
        int bytes = 0;
        foreach (ArrivedChunk chunk in chunks)
        {
            batch.Add(chunk);
            bytes += chunk.LengthBytes;
            if (bytes < BatchBytes)
                continue;
            yield return [.. batch];
            batch.Clear();
            bytes = 0;
        }
        if (batch.Count > 0)
            yield return [.. batch];
    }

    private static double Rate(long bytes, Action act)
    {
        long began = TimeProvider.System.GetTimestamp();
        act();
        return bytes / 1e6 / TimeProvider.System.GetElapsedTime(began).TotalSeconds;
    }

    private static async Task<double> RateAsync(long bytes, Func<Task> act)
    {
        long began = TimeProvider.System.GetTimestamp();
        await act();
        return bytes / 1e6 / TimeProvider.System.GetElapsedTime(began).TotalSeconds;
    }
}
