using System.Collections.Immutable;
using System.Text;
using CsCheck;
using Edge.Core.Content;
using Edge.Core.Text;
using TestKit;
using Xunit;

namespace Edge.Core.Tests.Content;

/// <summary>Wire forms of recipe, volume, index and manifest: pinned by bytes, cut at every length, and changed at every byte.</summary>
public class FormatTests
{
    private static readonly ChunkId A = ChunkId.Of("a"u8);
    private static readonly ChunkId B = ChunkId.Of("b"u8);

    private const string FirstRelease =
        "AQAABhsbGgYAxL4160/Xqb4uSlbghxwBH+WEjLt5/q/57uj0wE5wPKbrsEVTJlXwF12CJVaDDWikM7zZcDpg04hmhPZvXoHIDQhYxzoeGx3BsIQEgmKYxYUApZrbCN0I+Vm4IEQgnfS4"
        + "wfCGB/VKTAThCr8+ABfSBgFPD79GU3kEw+XYPI/hCQG/J6tE93vqbC9ww0C+FwFUu8HAlyACdMyQx2xoFq1jnedlKvQbPVDo/ZP3M5X3g4G8q95v55t6RPgF3b592kr8YfjevZiXXfXo"
        + "UfPwR2NaChyO0263mtNhG15THGbHPG63KzCgRC2JdXE3lzb4c8MgBS6EXzCidaQQFTmDo9tNu95tEYUzKQzcJPQ413K+wVX8OphcGULROj68qLFlRePNGI5jVLZDQI6+d1KqHGVKQ44l"
        + "ZqVl0j4qPWQzxN51VIqTps+GepW8E33vbCxExqUEhn/GSoH6JClNTnZCaG+9iVo7b0pnO0MyST3Lp4Y+CuHcYFQ2MadeE0UarM9C+AGMy3VMxfqH6tEC80SI35N7+PQJa+kVL3hX3m3o"
        + "0ThtlvOJuYeG7g/mA31NEQS5+TMO4IbxbKbLsT2tNV1T6bzy01pvzQ5qJtyZamkcE92P4k4MG5U/JBnIyiJR1hSMuQF4V6Tv6/AfLJHvk5izJlDixlVsd2rO6qwUMwkDtvJk/oZ5naq8"
        + "jHQS2RjlXckyS+NjScVk531XkldG9ZGMJNMZn7w2ORpvvZcpHUolZy1yDQlEhOcPg2W3K7KSNwiU5beBDlOL41bQiraY8gY=";

    private const string HashOfA = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
    private const string HashOfB = "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d";

    [Fact]
    public void A_recipe_keeps_its_bytes()
    {
        var recipe = new Recipe([new ChunkRef(A, 1), new ChunkRef(B, 300)]);
        Assert.Equal($"0102{HashOfA}01{HashOfB}ac02", Convert.ToHexStringLower(recipe.ToBytes()));
        Assert.Equal(recipe.Chunks, Recipe.Read(recipe.ToBytes())!.Chunks);
        Assert.Equal(301, recipe.LengthBytes);
    }

    [Fact]
    public void A_volume_and_its_index_keep_their_bytes()
    {
        FinishedVolume volume = SmallVolume();
        Assert.Equal("45444745564f4c31" + "61" + "62", Convert.ToHexStringLower(volume.Bytes.Span));
        Assert.Equal($"0102{HashOfA}0001{HashOfB}0001", Convert.ToHexStringLower(volume.IndexBytes.Span));
        VolumeIndex read = VolumeIndex.Read(volume.IndexBytes.Span)!;
        Assert.Equal(volume.Index.Entries, read.Entries);
        Assert.Equal(new VolumeEntry(B, 9, 1, 1, ChunkCoding.Plain), read.Entries[1]);
        Assert.Equal(volume.Bytes.Length, read.VolumeBytes);
    }

    /// <summary>Read only: how well Brotli packs may change with the framework, what it unpacks to may not.</summary>
    [Fact]
    public void A_manifest_of_the_first_release_is_still_read()
    {
        byte[] golden = Convert.FromBase64String(FirstRelease);
        Manifest manifest = Manifest.Read(golden, out string problem)!;
        Assert.Equal("", problem);
        AssertSame(Sample(), manifest);
    }

    [Fact]
    public void A_manifest_comes_back_as_it_was() => AssertSame(Sample(), Manifest.Read(Sample().ToBytes(), out _)!);

    [Fact]
    public void A_chunk_that_packs_well_travels_packed_and_comes_back_whole()
    {
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("slide 7: fractions. ", 400)));
        var builder = new VolumeBuilder();
        Assert.True(builder.TryAdd(ChunkId.Of(text), text, mayCompress: true));
        FinishedVolume volume = builder.Finish();
        VolumeEntry entry = VolumeIndex.Read(volume.IndexBytes.Span)!.Entries[0];
        Assert.Equal(ChunkCoding.Brotli, entry.Coding);
        Assert.InRange(entry.StoredBytes, 1, text.Length / 4);
        Assert.Equal(text, Volume.Unpack(entry, volume.Bytes.Span.Slice(entry.OffsetBytes, entry.StoredBytes)));
    }

    [Fact]
    public void Bytes_that_are_not_the_named_chunk_are_refused()
    {
        FinishedVolume volume = SmallVolume();
        Assert.Null(Volume.Unpack(volume.Index.Entries[0], "b"u8));
        Assert.Null(Volume.Unpack(volume.Index.Entries[0], "aa"u8));
        Assert.Null(Volume.Unpack(volume.Index.Entries[0] with { Coding = ChunkCoding.Brotli }, "a"u8));
    }

    [Fact]
    public void A_packed_chunk_cannot_grow_past_what_its_index_says()
    {
        byte[] bomb = ChunkCodings.Compress(new byte[1 << 20])!;
        var entry = new VolumeEntry(ChunkId.Of(new byte[1 << 20]), 8, bomb.Length, 1000, ChunkCoding.Brotli);
        Assert.Null(Volume.Unpack(entry, bomb));
        Assert.NotNull(Volume.Unpack(entry with { LengthBytes = 1 << 20 }, bomb));
    }

    [Fact]
    public void A_volume_takes_the_last_chunk_that_fits_and_no_more()
    {
        var builder = new VolumeBuilder();
        byte[] chunk = new byte[ContentLimits.MaxChunkBytes];
        for (int i = 0; i < 7; i++)
            Assert.True(builder.TryAdd(A, chunk, mayCompress: false));
        Assert.True(builder.TryAdd(A, chunk.AsSpan(Volume.HeaderBytes), mayCompress: false));
        Assert.False(builder.TryAdd(A, [1], mayCompress: false));
        FinishedVolume volume = builder.Finish();
        Assert.Equal(ContentLimits.MaxVolumeBytes, volume.Bytes.Length);
        Assert.NotNull(VolumeIndex.Read(volume.IndexBytes.Span));
    }

    [Fact]
    public void Every_format_cut_at_any_length_is_refused()
    {
        byte[] recipe = new Recipe([new ChunkRef(A, 1), new ChunkRef(B, 70_000)]).ToBytes();
        byte[] index = SmallVolume().IndexBytes.ToArray();
        byte[] manifest = Sample().ToBytes();
        Assert.All(Enumerable.Range(0, recipe.Length), length => Assert.Null(Recipe.Read(recipe.AsSpan(0, length))));
        Assert.All(Enumerable.Range(0, index.Length), length => Assert.Null(VolumeIndex.Read(index.AsSpan(0, length))));
        Assert.All(Enumerable.Range(0, manifest.Length), length => Assert.Null(Manifest.Read(manifest.AsSpan(0, length), out _)));
    }

    [Fact]
    public void Every_format_with_something_after_its_end_is_refused()
    {
        Assert.Null(Recipe.Read([.. new Recipe([new ChunkRef(A, 1)]).ToBytes(), 0]));
        Assert.Null(VolumeIndex.Read([.. SmallVolume().IndexBytes.Span, 0]));
        Assert.Null(Manifest.Read([.. Sample().ToBytes(), 0], out _));
    }

    [Fact]
    public void One_recipe_has_one_spelling()
    {
        byte[] padded = Convert.FromHexString($"0101{HashOfA}8100");
        Assert.Null(Recipe.Read(padded));
    }

    [Fact]
    public void Any_bytes_are_read_or_refused_and_never_crash() =>
        Gen.Select(Gen.Byte.Array[0, 300], Gen.Int[0, 2]).Sample((noise, which) =>
        {
            byte[] start = which == 0 ? [1] : which == 1 ? new Recipe([new ChunkRef(A, 1), new ChunkRef(B, 2)]).ToBytes() : Sample().ToBytes();
            foreach (byte[] bytes in (byte[][])[[.. start, .. noise], Mixed(start, noise)])
            {
                _ = Recipe.Read(bytes);
                _ = VolumeIndex.Read(bytes);
                _ = Manifest.Read(bytes, out _);
            }
        }, iter: Fuzz.Inputs);

    [Fact]
    public void A_manifest_that_promises_what_it_may_not_is_refused()
    {
        Manifest good = Sample();
        Assert.Null(good.Problem());
        Assert.NotNull((good with { Pack = "Not a slug" }).Problem());
        Assert.NotNull((good with { Version = 0 }).Problem());
        Assert.NotNull((good with { Files = [] }).Problem());
        Assert.NotNull((good with { Files = [good.Files[0], good.Files[0]] }).Problem());
        Assert.NotNull(WithFirst(good, file => file with { Path = "../etc/passwd" }).Problem());
        Assert.NotNull(WithFirst(good, file => file with { MediaType = "text/html\r\nX: y" }).Problem());
        Assert.NotNull(WithFirst(good, file => file with { LengthBytes = ContentLimits.MaxFileBytes + 1 }).Problem());
        Assert.Null(WithFirst(good, file => file with { LengthBytes = ContentLimits.MaxFileBytes }).Problem());
        Assert.NotNull(WithFirst(good, file => file with { Recipe = null, LengthBytes = ContentLimits.MaxChunkBytes + 1 }).Problem());
        Assert.NotNull(WithFirst(good, file => file with { CaptionOf = "video/none.mp4" }).Problem());
        Assert.NotNull((good with { Volumes = [good.Volumes[0] with { LengthBytes = ContentLimits.MaxVolumeBytes + 1 }] }).Problem());
        Assert.NotNull((good with { Metadata = good.Metadata with { Title = new LocalText(ImmutableSortedDictionary<string, string>.Empty) } }).Problem());
    }

    private static Manifest WithFirst(Manifest manifest, Func<PackFile, PackFile> change) =>
        manifest with { Files = manifest.Files.SetItem(0, change(manifest.Files[0])) };

    private static byte[] Mixed(byte[] bytes, byte[] noise)
    {
        byte[] mixed = [.. bytes];
        for (int i = 0; i + 1 < noise.Length && i < 6; i += 2)
            mixed[noise[i] * 251 % mixed.Length] ^= noise[i + 1];
        return mixed;
    }

    private static FinishedVolume SmallVolume()
    {
        var builder = new VolumeBuilder();
        Assert.True(builder.TryAdd(A, "a"u8, mayCompress: true));
        Assert.True(builder.TryAdd(B, "b"u8, mayCompress: true));
        return builder.Finish();
    }

    private static Manifest Sample() => new(
        "maths-3a",
        2,
        new DateTimeOffset(2026, 3, 1, 8, 0, 0, TimeSpan.FromHours(8)),
        new PackMetadata(LocalText.Of("zh-Hans", "分数").And("en", "Fractions"), "primary", "3", "mathematics", "PEP 2024", ["3.NF.1"], "CC-BY-4.0", "Lead school", ["zh-Hans", "en"]),
        [
            new PackFile("video/lesson.mp4", "video/mp4", FileKind.Video, 5_000_000, A, B, LocalText.Of("zh-Hans", "第一课")),
            new PackFile("video/lesson.zh.vtt", "text/vtt; charset=utf-8", FileKind.Caption, 1, A, Language: "zh-Hans", CaptionOf: "video/lesson.mp4"),
            new PackFile("exercise/empty.json", "application/json", FileKind.Exercise, 0, ChunkId.Of([])),
        ],
        [new VolumeRef(A, 9_000, B, 90)]);

    /// <summary>Records with arrays inside compare by reference, so by what they serialise to.</summary>
    private static void AssertSame(Manifest expected, Manifest actual) => Assert.Equal(expected.ToBytes(), actual.ToBytes());
}
