using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.Compression;
using CsCheck;
using Edge.Core.Content;
using TestKit;
using Xunit;

namespace Edge.Core.Tests.Content;

public class ZipLayoutTests
{
    private static readonly int Inputs = Fuzz.Inputs;

    private static readonly Gen<(string Name, byte[] Bytes, bool Packed)[]> Members =
        Gen.Select(Gen.Char['a', 'z'].Array[1, 12], Gen.Byte.Array[0, 3_000], Gen.Bool, Gen.Int[0, 40])
            .Select((name, bytes, packed, repeat) => (new string(name) + (repeat % 3 == 0 ? ".jpg" : ".xml"), Enumerable.Repeat(bytes, 1 + repeat).SelectMany(part => part).ToArray(), packed))
            .Array[1, 12];

    [Fact]
    public void Any_zip_cut_and_rebuilt_is_the_same() =>
        Members.Sample(members =>
        {
            byte[] zip = Zip(2026, members);
            (Recipe recipe, Dictionary<ChunkId, byte[]> chunks) = Cut(zip);
            Assert.Equal(zip, Rebuilt(Recipe.Read(recipe.ToBytes())!, chunks));
        }, iter: 300);

    [Fact]
    public void Any_bytes_cut_and_rebuilt_are_the_same() =>
        Gen.Byte.Array[0, 100_000].Sample(bytes =>
        {
            (Recipe recipe, Dictionary<ChunkId, byte[]> chunks) = Cut(bytes);
            Assert.Equal(bytes, Rebuilt(Recipe.Read(recipe.ToBytes())!, chunks));
        }, iter: 300);

    [Fact]
    public void New_times_and_another_order_of_members_change_no_chunk() =>
        Members.Sample(members =>
        {
            var before = Cut(Zip(2025, members));
            var after = Cut(Zip(2026, [.. members.Reverse()]));
            if (!before.Recipe.Literals.IsEmpty)
                Assert.Equal(before.Chunks.Keys.ToHashSet(), after.Chunks.Keys.ToHashSet());
        }, iter: 300);

    [Fact]
    public void Members_are_kept_apart_and_tiny_ones_stay_in_the_recipe()
    {
        byte[] media = Noise(60_000, 1);
        (Recipe recipe, Dictionary<ChunkId, byte[]> chunks) = Cut(Zip(2026, [("a.xml", Noise(ZipLayout.MinMemberBytes, 2), false), ("b.xml", Noise(ZipLayout.MinMemberBytes - 1, 3), false), ("media/c.jpeg", media, false)]));
        Assert.Contains(ChunkId.Of(Noise(ZipLayout.MinMemberBytes, 2)), chunks.Keys);
        Assert.DoesNotContain(ChunkId.Of(Noise(ZipLayout.MinMemberBytes - 1, 3)), chunks.Keys);
        // A picture has the wider cuts of media, so these 60 kB are one or a few chunks that are nothing but the picture.
        Assert.Equal(media, recipe.Chunks.Skip(1).SelectMany(chunk => chunks[chunk.Id]));
        Assert.Equal(3, recipe.Literals.Length);
    }

    [Fact]
    public void An_odd_zip_is_cut_like_any_other_file()
    {
        byte[] zip = Zip(2026, [("a.xml", Noise(2_000, 1), false), ("b.xml", Noise(3_000, 2), false)]);
        Assert.False(Layout(zip).IsDefault);
        int end = zip.Length - 22;
        int directory = BinaryPrimitives.ReadInt32LittleEndian(zip.AsSpan(end + 16));
        byte[] With(int at, uint value)
        {
            byte[] odd = [.. zip];
            BinaryPrimitives.WriteUInt32LittleEndian(odd.AsSpan(at), value);
            return odd;
        }
        Assert.True(Layout([]).IsDefault);
        Assert.True(Layout([.. zip, 0]).IsDefault); // something behind the end
        Assert.True(Layout([.. "#!/bin/sh\n"u8, .. zip]).IsDefault); // something before the start
        Assert.True(Layout(With(end + 4, 1)).IsDefault); // a part of a set
        Assert.True(Layout(With(end + 8, 0xFFFF_FFFF)).IsDefault); // more members than there are
        Assert.True(Layout(With(end + 12, 0xFFFF_FFFF)).IsDefault); // a directory of 4 GB
        Assert.True(Layout(With(end + 16, 0xFFFF_FFFF)).IsDefault); // zip64
        Assert.True(Layout(With(end + 16, (uint)directory + 1)).IsDefault);
        Assert.True(Layout(With(directory + 20, 0xFFFF_FFFF)).IsDefault); // a member of zip64
        Assert.True(Layout(With(directory + 20, 1_000_000)).IsDefault); // a member longer than the file
        Assert.True(Layout(With(directory + 20, 2_500)).IsDefault); // one that reaches into the next
        Assert.True(Layout(With(directory + 42, 5)).IsDefault); // a head that is none
    }

    [Fact]
    public void A_zip_cut_short_at_any_length_is_cut_like_any_other_file()
    {
        byte[] zip = Zip(2026, [("a.xml", Noise(700, 1), false), ("b.xml", Noise(300, 2), true)]);
        for (int length = 0; length < zip.Length; length++)
        {
            Assert.True(Layout(zip[..length]).IsDefault);
            (Recipe recipe, Dictionary<ChunkId, byte[]> chunks) = Cut(zip[..length]);
            Assert.Equal(zip[..length], Rebuilt(recipe, chunks));
        }
    }

    /// <summary>Lying lengths and places, bombs: whatever the directory says, the stretches are the file, and literals stay small.</summary>
    [Fact]
    public void Whatever_is_in_a_zip_its_stretches_are_the_file()
    {
        byte[] zip = Zip(2026, [("a.xml", Noise(600, 1), false), ("b.xml", new byte[5_000], true), ("c.jpg", Noise(900, 2), false)]);
        int taken = 0;
        Gen.Select(Gen.Int[0, zip.Length - 1], Gen.Byte, Gen.Int[0, zip.Length - 1], Gen.Byte, Gen.Int[0, zip.Length - 1], Gen.UInt).Sample((a, x, b, y, c, word) =>
        {
            byte[] odd = [.. zip];
            odd[a] ^= x;
            odd[b] = y;
            // Most of what matters stands in the directory at the end.
            int at = Math.Min(zip.Length - 4, zip.Length - 1 - c % 230);
            if (word % 3 == 0)
                BinaryPrimitives.WriteUInt32LittleEndian(odd.AsSpan(at), word);
            ImmutableArray<FileStretch> layout = Layout(odd);
            if (layout.IsDefault)
                return;
            Interlocked.Increment(ref taken);
            long next = 0;
            foreach (FileStretch stretch in layout)
            {
                Assert.Equal(next, stretch.OffsetBytes);
                Assert.True(stretch.LengthBytes > 0);
                next += stretch.LengthBytes;
            }
            Assert.Equal(odd.Length, next);
            Assert.InRange(layout.Where(stretch => stretch.Kind == StretchKind.Literal).Sum(stretch => stretch.LengthBytes), 1, ZipLayout.MaxLiteralBytes);
        }, iter: Inputs);
        Assert.True(taken > Inputs / 20, "hardly any input was still a zip: this proves nothing");
    }

    private static ImmutableArray<FileStretch> Layout(byte[] file) => ZipLayout.Read(file.Length, (offset, into) => file.AsSpan((int)offset, into.Length).CopyTo(into));

    private static (Recipe Recipe, Dictionary<ChunkId, byte[]> Chunks) Cut(byte[] file)
    {
        var refs = ImmutableArray.CreateBuilder<ChunkRef>();
        var literals = ImmutableArray.CreateBuilder<RecipeLiteral>();
        var chunks = new Dictionary<ChunkId, byte[]>();
        foreach (FileStretch stretch in FileLayout.Of("application/zip", file.Length, (offset, into) => file.AsSpan((int)offset, into.Length).CopyTo(into)))
        {
            byte[] bytes = file[(int)stretch.OffsetBytes..(int)(stretch.OffsetBytes + stretch.LengthBytes)];
            if (stretch.Kind == StretchKind.Literal)
            {
                literals.Add(new RecipeLiteral(refs.Count, bytes));
                continue;
            }
            Chunker chunker = FileLayout.ChunkerFor(stretch.Kind, file.Length);
            for (int at = 0, cut; at < bytes.Length; at += cut)
            {
                cut = chunker.NextCut(bytes.AsSpan(at), atEnd: true);
                byte[] chunk = bytes[at..(at + cut)];
                refs.Add(new ChunkRef(ChunkId.Of(chunk), cut));
                chunks[ChunkId.Of(chunk)] = chunk;
            }
        }
        return (new Recipe(refs.ToImmutable()) { Literals = literals.ToImmutable() }, chunks);
    }

    private static byte[] Rebuilt(Recipe recipe, Dictionary<ChunkId, byte[]> chunks) =>
        [.. recipe.Parts.SelectMany(part => part.IsLiteral ? part.Literal.ToArray() : chunks[part.Chunk.Id])];

    private static byte[] Zip(int year, (string Name, byte[] Bytes, bool Packed)[] members)
    {
        using var file = new MemoryStream();
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] bytes, bool packed) in members)
            {
                ZipArchiveEntry entry = zip.CreateEntry(name, packed ? CompressionLevel.Optimal : CompressionLevel.NoCompression);
                entry.LastWriteTime = new DateTimeOffset(year, 3, 1, 12, 0, 0, TimeSpan.Zero);
                using Stream stream = entry.Open();
                stream.Write(bytes);
            }
        }
        return file.ToArray();
    }

    private static byte[] Noise(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
