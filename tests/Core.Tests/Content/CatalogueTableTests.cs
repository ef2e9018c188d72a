using System.Collections.Immutable;
using System.Text;
using CsCheck;
using Edge.Core.Content;
using Edge.Core.Identity;
using TestKit;
using TestKit.Content;
using Xunit;

namespace Edge.Core.Tests.Content;

/// <summary>The dense form of a catalogue: pinned by its bytes, cut at every length, fed with noise, and with as many packs as a box may hold.</summary>
public sealed class CatalogueTableTests
{
    private const string HashOfA = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";

    private static readonly ChunkId A = ChunkId.Of("a"u8);

    [Fact]
    public void A_table_keeps_its_bytes()
    {
        byte[] head = Encoding.ASCII.GetBytes("""{"version":7,"packs":[]}""");
        string signature = "0011223344556677" + "03" + "010203";
        Assert.Equal($"02{head.Length:x2}{Convert.ToHexStringLower(head)}" + "02"
            + "0161" + "01" + $"0200{HashOfA}0a"
            + "026162" + "02" + $"0301{HashOfA}0a" + $"010e{HashOfA}0b" + "02" + $"01{HashOfA}0500" + $"03{HashOfA}0601{HashOfA}07" + "01" + signature + "ac02",
            Convert.ToHexStringLower(Sample.ToTable()));
        Same(Sample, Catalogue.Read(Sample.ToTable())!);
    }

    [Fact]
    public void A_table_that_is_cut_anywhere_or_goes_on_is_refused()
    {
        byte[] table = Sample.ToTable();
        for (int length = 0; length < table.Length; length++)
            Assert.Null(Catalogue.Read(table.AsSpan(0, length)));
        Assert.Null(Catalogue.Read([.. table, 0]));
    }

    [Fact]
    public void A_catalogue_is_JSON_as_long_as_programs_that_know_nothing_else_would_take_it()
    {
        Assert.Equal((byte)'{', Sample.ToPayload()[0]);
        Catalogue long1 = Large(40_000), long2 = Large(80_000);
        Assert.Equal(((byte)'{', (byte)2), (long1.ToPayload()[0], long2.ToPayload()[0]));
        Assert.InRange(long1.ToPayload().Length, 0, Catalogue.MaxJsonBytes);
        Same(long1, Catalogue.Read(long1.ToPayload())!);
    }

    [Fact]
    public void Eighty_thousand_packs_fit_into_a_signed_list_and_each_is_found()
    {
        using var keys = new ListKeys();
        Catalogue catalogue = Large(80_000);
        byte[] bytes = keys.Sign(ListKind.Catalogue, catalogue.ToPayload()).ToBytes();
        // A hash and the length of a manifest are 35 bytes a pack; nothing can make those fewer.
        Assert.InRange(bytes.Length, 80_000 * 35, 5_500_000);
        Assert.True(SignedList.TryParse(bytes, out SignedList list));
        Assert.Equal(ListVerdict.Accepted, new ListState(keys.Trust, null, null).Judge(list, "hill", out ListState next));
        Same(catalogue, next.Catalogue!);
        Assert.All(catalogue.Packs, pack => Assert.Equal(pack.Versions[0].Manifest, next.Catalogue!.Find(pack.Id, 1)!.Manifest));
        foreach (string id in (string[])["", "a", "pack", "pack-00000-", "pack-79999x", "zz"])
            Assert.Null(next.Catalogue!.Find(id));
    }

    [Fact]
    public void As_many_with_five_versions_or_with_two_signatures_each_fit_too()
    {
        Catalogue catalogue = Large(80_000);
        ImmutableArray<CatalogueVersion> five = [.. Enumerable.Range(1, 5).Select(version => new CatalogueVersion(version, A, 3_000_000, false,
            version < 5 ? [] : [new CatalogueUpdate(4, A, 60_000, A, 3_000_000)], LengthBytes: 1L << 31))];
        StatementSignature signature = new("0011223344556677", Convert.ToBase64String(new byte[64]));
        foreach (ImmutableArray<CatalogueVersion> versions in (ImmutableArray<CatalogueVersion>[])[five, [five[0] with { Signatures = [signature, signature] }]])
        {
            byte[] payload = (catalogue with { Packs = [.. catalogue.Packs.Select(pack => pack with { Versions = versions })] }).ToPayload();
            Assert.InRange(payload.Length, 0, SignedList.MaxBytes - 4_096);
            Assert.Equal(versions.Length, Catalogue.Read(payload)!.Find("pack-79999")!.Versions.Length);
        }
    }

    [Fact]
    public void Any_catalogue_comes_back_as_it_was() =>
        Gen.Select(Gen.Int[0, 120], Gen.UInt).Sample((count, seed) =>
        {
            var draw = new Random((int)seed);
            CatalogueVersion Version(long version) => new(version, Hash(draw), draw.Next(1 << 22), draw.Next(4) == 0,
                [.. Enumerable.Range(0, draw.Next(3)).Select(_ => new CatalogueUpdate(draw.NextInt64(version), Hash(draw), 1 + draw.Next(1000), draw.Next(2) == 0 ? Hash(draw) : null)).Select(update => update.Bundle is null ? update : update with { BundleBytes = draw.NextInt64(long.MaxValue) })],
                draw.Next(2) == 0 ? null : [new StatementSignature(Hash(draw).ToString()[..16], Convert.ToBase64String(new byte[draw.Next(129)]))], draw.Next(2) == 0 ? null : draw.NextInt64(long.MaxValue));
            Same(new Catalogue(1, [.. Enumerable.Range(0, count).Select(_ => Convert.ToHexStringLower(Hash(draw).ToArray())[..draw.Next(1, 9)]).Distinct().Order(StringComparer.Ordinal).Select(id =>
                new CataloguePack(id, [.. Enumerable.Range(0, 1 + draw.Next(4)).Select(_ => draw.NextInt64(1, long.MaxValue)).Distinct().Order().Select(Version)]))]), null);
        }, iter: 300);

    [Fact]
    public void Any_bytes_are_read_or_refused_and_never_crash()
    {
        byte[] table = Sample.ToTable();
        Gen.Select(Gen.Byte.Array[0, 12], Gen.Int[0, 100_000]).Sample((noise, at) =>
        {
            byte[] mixed = [.. table];
            for (int i = 0; i < noise.Length; i++)
                mixed[(at + i * 11) % mixed.Length] = noise[i];
            foreach (byte[] bytes in (byte[][])[mixed, [2, .. noise], [.. table.AsSpan(0, table.Length - 200), .. noise]])
            {
                if (Catalogue.Read(bytes) is not { } read)
                    continue;
                Assert.Equal(read.Packs.Select(pack => pack.Id), read.All.Select(pack => pack.Id));
                Assert.All(read.All, pack => Assert.Equal(pack.Id, read.Find(pack.Id)!.Id));
            }
        }, iter: Fuzz.Inputs);
    }

    private static Catalogue Sample => new(7,
    [
        new CataloguePack("a", [new CatalogueVersion(2, A, 10, false)]),
        new CataloguePack("ab", [new CatalogueVersion(3, A, 10, true), new CatalogueVersion(4, A, 11, false,
            [new CatalogueUpdate(3, A, 5), new CatalogueUpdate(1, A, 6, A, 7)], [new StatementSignature("0011223344556677", "AQID")], 300)]),
    ]);

    private static Catalogue Large(int packs) =>
        new(9, [.. Enumerable.Range(0, packs).Select(n => new CataloguePack($"pack-{n:00000}", [new CatalogueVersion(1, ChunkId.Of(BitConverter.GetBytes(n)), 2_000 + n, false, LengthBytes: 3_000_000 + n)]))]);

    private static ChunkId Hash(Random draw)
    {
        byte[] bytes = new byte[ChunkId.LengthBytes];
        draw.NextBytes(bytes);
        return new ChunkId(bytes);
    }

    /// <summary>The same in every word, by way of the table and of JSON.</summary>
    private static void Same(Catalogue expected, Catalogue? read)
    {
        read ??= Catalogue.Read(expected.ToTable())!;
        Assert.Equal(expected.Version, read.Version);
        Assert.Equal(expected.Packs.Select(Text), read.All.Select(Text));
        Assert.Equal(expected.Packs.Select(Text), expected.Packs.Select(pack => Text(read.Find(pack.Id)!)));
    }

    private static string Text(CataloguePack pack) => Encoding.UTF8.GetString(new Catalogue(1, [pack]).ToPayload());
}
