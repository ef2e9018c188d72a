using System.Collections.Immutable;
using CsCheck;
using Edge.Core.Content;
using Edge.Core.Text;
using TestKit;
using Xunit;

namespace Edge.Core.Tests.Content;

/// <summary>Recipes with literals, manifests as a table, deltas and bundles: pinned by bytes or their hash, cut at every length, fed with noise. The coder is left to the rim, so here bytes are "packed" as they are.</summary>
public class UpdateFormatTests
{
    private static readonly int Inputs = Fuzz.Inputs;
    private static readonly byte[] A = [.. "a"u8];
    private static readonly byte[] B = [.. "bb"u8];
    private static readonly byte[] C = [.. "ccc"u8];

    private const string HashOfA = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";

    [Fact]
    public void A_recipe_with_literals_keeps_its_bytes()
    {
        Assert.Equal($"0201{HashOfA}01" + "02" + "0001" + "0102" + "78" + "7a7a", Convert.ToHexStringLower(Mixed(A).ToBytes()));
        Recipe read = Recipe.Read(Mixed(A).ToBytes())!;
        Assert.Equal("xazz", string.Concat(read.Parts.Select(part => System.Text.Encoding.ASCII.GetString(part.IsLiteral ? part.Literal.Span : A))));
        Assert.Equal((4L, 3), (read.LengthBytes, read.LiteralBytes));
    }

    [Fact]
    public void One_file_has_one_recipe()
    {
        byte[] one = Mixed(A).ToBytes();
        Assert.Null(Recipe.Read([2, .. one.AsSpan(1, 34), 0])); // version 2 without literals
        byte[] twice = (new Recipe([Ref(A)]) { Literals = [new RecipeLiteral(1, "x"u8.ToArray()), new RecipeLiteral(1, "y"u8.ToArray())] }).ToBytes();
        Assert.Null(Recipe.Read(twice)); // two literals with nothing between
        Assert.Null(Recipe.Read((new Recipe([Ref(A)]) { Literals = [new RecipeLiteral(2, "x"u8.ToArray())] }).ToBytes())); // behind the last chunk's end
    }

    [Fact]
    public void A_manifest_keeps_its_bytes()
    {
        byte[] bytes = First().ToBytes();
        Assert.Equal(2, bytes[0]);
        Assert.Equal("46aa55a047572359", ChunkId.Of(bytes).ToString()[..16]);
        Assert.Equal(bytes, Manifest.Read(bytes, out _)!.ToBytes());
    }

    [Fact]
    public async Task A_delta_keeps_its_bytes_and_makes_the_new_description_of_the_old_one()
    {
        ManifestDelta delta = await DeltaAsync();
        byte[] bytes = delta.ToBytes();
        Assert.Equal("8769d718279a5c01", ChunkId.Of(bytes).ToString()[..16]);
        ManifestDelta.Description description = (await ManifestDelta.Read(bytes)!.ApplyAsync(First(), First().ToBytes(), HeldAsync, Unpack, default))!;
        Assert.Equal(Second().ToBytes(), description.Manifest);
        Assert.Equal([Mixed(B).ToBytes()], description.Recipes);
        Assert.Equal([IndexOf(B)], description.Indexes);
    }

    [Fact]
    public async Task A_delta_that_does_not_end_at_the_named_manifest_gives_nothing()
    {
        ManifestDelta delta = await DeltaAsync();
        Manifest first = First();
        Assert.NotNull(await delta.ApplyAsync(first, first.ToBytes(), HeldAsync, Unpack, default));
        Assert.Null(await (delta with { To = ChunkId.Of(C) }).ApplyAsync(first, first.ToBytes(), HeldAsync, Unpack, default));
        Assert.Null(await delta.ApplyAsync(first, first.ToBytes(), (_, _) => Task.FromResult<byte[]?>(null), Unpack, default));
        Assert.Null(await delta.ApplyAsync(first, first.ToBytes(), HeldAsync, (_, _, _) => null, default));
        Assert.Null(await (delta with { PrefixFiles = [7] }).ApplyAsync(first, first.ToBytes(), HeldAsync, Unpack, default));
    }

    [Fact]
    public async Task A_window_keeps_its_bytes_and_gives_checked_chunks()
    {
        var from = new ChunkTable([new Recipe([Ref(A), Ref(B)])]);
        var to = new ChunkTable([new Recipe([Ref(A), Ref(C), Ref(B)])]);
        var window = new BundleWindow([1, 0], [1], 3, C);
        byte[] bytes = window.ToBytes();
        Assert.Equal("01" + "02" + "01" + "02" + "03" + "02" + "03" + "636363", Convert.ToHexStringLower(bytes));
        Task<byte[]?> ReadAsync(ChunkId id, CancellationToken _) => Task.FromResult<byte[]?>(id == ChunkId.Of(A) ? A : B);
        var chunks = await BundleWindow.Read(bytes)!.ApplyAsync(from, to, ReadAsync, (prefix, packed, _) => prefix.ToArray() is [98, 98, 97] ? packed.ToArray() : null, default);
        Assert.Equal((ChunkId.Of(C), 3), (Assert.Single(chunks!.Value).Chunk.Id, chunks.Value[0].Plain.Length));

        Assert.Null(await window.ApplyAsync(from, to, ReadAsync, (_, _, _) => [.. "ccd"u8], default)); // other bytes than the chunk's
        Assert.Null(await window.ApplyAsync(from, to, (_, _) => Task.FromResult<byte[]?>(null), Unpack, default)); // an old chunk is missing
        Assert.Null(await (window with { Old = [2] }).ApplyAsync(from, to, ReadAsync, Unpack, default));
        Assert.Null(await (window with { New = [3] }).ApplyAsync(from, to, ReadAsync, Unpack, default));
        Assert.Null(await (window with { LengthBytes = 4 }).ApplyAsync(from, to, ReadAsync, Unpack, default));
    }

    [Fact]
    public void A_bundle_index_keeps_its_bytes()
    {
        var index = new BundleIndex([new BundleVolume(ChunkId.Of(A), VolumeIndex.Read(IndexOf(A))!)]);
        Assert.Equal($"0101{HashOfA}24" + Convert.ToHexStringLower(IndexOf(A)), Convert.ToHexStringLower(index.ToBytes()));
        Assert.Equal(index.Windows, BundleIndex.Read(index.ToBytes())!.Windows);
    }

    [Fact]
    public async Task Every_format_cut_at_any_length_or_with_something_behind_is_refused()
    {
        byte[] window = new BundleWindow([0], [1], 3, default).ToBytes();
        foreach ((byte[] bytes, Func<byte[], bool> reads) in ((byte[], Func<byte[], bool>)[])
        [
            (Mixed(A).ToBytes(), bytes => Recipe.Read(bytes) is not null),
            (First().ToBytes(), bytes => Manifest.Read(bytes, out _) is not null),
            ((await DeltaAsync()).ToBytes(), bytes => ManifestDelta.Read(bytes) is not null),
            (new BundleIndex([new BundleVolume(ChunkId.Of(A), VolumeIndex.Read(IndexOf(A))!)]).ToBytes(), bytes => BundleIndex.Read(bytes) is not null),
        ])
        {
            Assert.True(reads(bytes));
            Assert.All(Enumerable.Range(0, bytes.Length), length => Assert.False(reads(bytes[..length])));
            Assert.False(reads([.. bytes, 0]));
        }
        // What stands behind a window's fields is the coder's to judge.
        Assert.All(Enumerable.Range(0, window.Length), length => Assert.Null(BundleWindow.Read(window.AsMemory(0, length))));
    }

    [Fact]
    public async Task Any_bytes_are_read_or_refused_and_never_crash_or_grow()
    {
        byte[][] starts =
        [
            Mixed(A).ToBytes(), First().ToBytes(), (await DeltaAsync()).ToBytes(), new BundleWindow([0, 5, 2], [1, 0], 3, C).ToBytes(),
            new BundleIndex([new BundleVolume(ChunkId.Of(A), VolumeIndex.Read(IndexOf(A))!)]).ToBytes(), [1], [2],
        ];
        long before = GC.GetTotalAllocatedBytes();
        Gen.Select(Gen.Int[0, starts.Length - 1], Gen.Byte.Array[1, 12], Gen.Bool).Sample((which, noise, behind) =>
        {
            byte[] bytes = behind ? [.. starts[which], .. noise] : [.. starts[which]];
            for (int i = 0; i + 2 < noise.Length; i += 3)
                bytes[(noise[i] << 8 | noise[i + 1]) % bytes.Length] ^= noise[i + 2];
            _ = Recipe.Read(bytes);
            _ = Manifest.Read(bytes, out _);
            _ = ManifestDelta.Read(bytes);
            _ = BundleWindow.Read(bytes);
            _ = BundleIndex.Read(bytes);
        }, iter: Inputs, threads: 1);
        // 100 kB for one input would be growth: what they promise is never taken before it is there.
        Assert.InRange((GC.GetTotalAllocatedBytes() - before) / Inputs, 0, 100_000);
    }

    private static ChunkRef Ref(byte[] chunk) => new(ChunkId.Of(chunk), chunk.Length);

    /// <summary>"x", the chunk, "zz".</summary>
    private static Recipe Mixed(byte[] chunk) => new([Ref(chunk)]) { Literals = [new RecipeLiteral(0, "x"u8.ToArray()), new RecipeLiteral(1, "zz"u8.ToArray())] };

    private static byte[] IndexOf(byte[] chunk) => new VolumeIndex([new VolumeEntry(ChunkId.Of(chunk), Volume.HeaderBytes, chunk.Length, chunk.Length, ChunkCoding.Plain)]).ToBytes();

    private static Manifest First() => With(1, A, []);

    private static Manifest Second() => With(2, B, [VolumeOf(B)]);

    private static VolumeRef VolumeOf(byte[] chunk) => new(ChunkId.Of([.. chunk, 1]), 100, ChunkId.Of(IndexOf(chunk)), IndexOf(chunk).Length);

    private static Manifest With(long version, byte[] chunk, ImmutableArray<VolumeRef> fresh) => new("maths", version, DateTimeOffset.UnixEpoch, new PackMetadata(LocalText.Of("en", "Maths")),
    [
        new PackFile("unit 1/课件.pptx", "application/zip", FileKind.Courseware, Mixed(chunk).LengthBytes, ChunkId.Of([.. "x"u8, .. chunk, .. "zz"u8]), ChunkId.Of(Mixed(chunk).ToBytes())),
        new PackFile("unit 1/课文.html", "text/html", FileKind.Tool, 3, ChunkId.Of(C), Title: LocalText.Of("en", "Reading")),
    ], [.. fresh, VolumeOf(A)]);

    private static Task<ManifestDelta> DeltaAsync() => ManifestDelta.BuildAsync(First(), First().ToBytes(), Second(), Second().ToBytes(),
        (id, _) => Task.FromResult(new[] { Mixed(A).ToBytes(), Mixed(B).ToBytes(), IndexOf(A), IndexOf(B) }.Single(bytes => ChunkId.Of(bytes) == id)), (_, plain) => plain.ToArray(), default);

    private static Task<byte[]?> HeldAsync(ChunkId id, CancellationToken cancellationToken) => Task.FromResult<byte[]?>(id == ChunkId.Of(Mixed(A).ToBytes()) ? Mixed(A).ToBytes() : null);

    private static byte[]? Unpack(ReadOnlyMemory<byte> prefix, ReadOnlyMemory<byte> packed, int lengthBytes) => packed.Length == lengthBytes ? packed.ToArray() : null;
}
