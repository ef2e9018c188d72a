using CsCheck;
using Edge.Core.Content;
using Xunit;

namespace Edge.Core.Tests.Content;

public class ChunkerTests
{
    private static readonly Gen<int> Averages = Gen.OneOf(Gen.Const(1 << 10), Gen.Const(4 << 10), Gen.Const(16 << 10), Gen.Const(128 << 10));

    [Fact]
    public void Chunks_in_order_are_the_file_and_keep_to_the_bounds() =>
        Gen.Select(Averages, Gen.Int[0, 600_000], Gen.UInt).Sample((average, length, seed) =>
        {
            var chunker = new Chunker(average);
            byte[] file = Noise(length, seed);
            List<int> cuts = CutWhole(chunker, file);
            Assert.Equal(length, cuts.Sum());
            Assert.All(cuts.SkipLast(1), cut => Assert.InRange(cut, chunker.MinBytes, chunker.MaxBytes));
            Assert.All(cuts, cut => Assert.InRange(cut, 1, chunker.MaxBytes));
        }, iter: 200);

    [Fact]
    public void Cuts_are_those_of_the_rule_byte_by_byte() =>
        Gen.Select(Averages, Gen.Int[0, 600_000], Gen.UInt, Gen.Int[0, 7]).Sample((average, length, seed, bits) =>
        {
            byte[] file = Noise(length, seed);
            // Fewer different bytes come to the same hash more often, or never.
            for (int i = 0; i < file.Length; i++)
                file[i] >>= bits;
            Assert.Equal(CutByTheRule(average, file), CutWhole(new Chunker(average), file));
        }, iter: 300);

    [Fact]
    public void A_stream_read_in_pieces_is_cut_like_the_whole() =>
        Gen.Select(Gen.Int[0, 400_000], Gen.UInt, Gen.Int[1, 70_000]).Sample((length, seed, piece) =>
        {
            var chunker = new Chunker(4 << 10);
            byte[] file = Noise(length, seed);
            Assert.Equal(CutWhole(chunker, file), CutInPieces(chunker, file, piece));
        }, iter: 200);

    [Fact]
    public void An_edit_moves_few_cuts()
    {
        var chunker = new Chunker(Chunker.DocumentAverageBytes);
        byte[] before = Noise(4 << 20, 7);
        HashSet<ChunkId> held = [.. Chunks(chunker, before)];
        // One byte put in at a third of the file, one taken out at two thirds, one changed at the end.
        byte[] after = [.. before[..1_400_000], 1, .. before[1_400_000..2_800_000], .. before[2_800_001..]];
        after[^1] ^= 1;
        int fresh = Chunks(chunker, after).Count(id => !held.Contains(id));
        Assert.InRange(fresh, 1, 9);
    }

    [Fact]
    public void The_average_is_near_what_was_asked_for()
    {
        byte[] file = Noise(16 << 20, 3);
        foreach (int average in (int[])[4 << 10, Chunker.DocumentAverageBytes, Chunker.MediaAverageBytes])
            Assert.InRange(file.Length / CutWhole(new Chunker(average), file).Count, average * 3 / 4, average * 3 / 2);
    }

    [Fact]
    public void The_same_byte_throughout_is_cut_at_the_longest() =>
        Assert.All(CutWhole(new Chunker(4 << 10), new byte[100 << 10]).SkipLast(1), cut => Assert.Equal(16 << 10, cut));

    [Fact]
    public void Cuts_never_change_between_releases() =>
        Assert.Equal(
            [4362, 5573, 1205, 5345, 6471],
            CutWhole(new Chunker(4 << 10), Noise(60_000, 42)).Take(5));

    [Fact]
    public void Media_is_cut_wide_documents_narrow_and_very_long_files_wider()
    {
        Assert.Equal(Chunker.MediaAverageBytes, Chunker.For("video/mp4", 1 << 20).AverageBytes);
        Assert.Equal(Chunker.MediaAverageBytes, Chunker.For("image/jpeg", 1 << 20).AverageBytes);
        Assert.Equal(Chunker.DocumentAverageBytes, Chunker.For("application/pdf", 1 << 20).AverageBytes);
        Assert.True(ContentLimits.MaxFileBytes / Chunker.For("application/zip", ContentLimits.MaxFileBytes).AverageBytes <= ContentLimits.MaxChunks / 2);
    }

    private static IEnumerable<ChunkId> Chunks(Chunker chunker, byte[] file)
    {
        int at = 0;
        foreach (int cut in CutWhole(chunker, file))
        {
            yield return ChunkId.Of(file.AsSpan(at, cut));
            at += cut;
        }
    }

    private static List<int> CutWhole(Chunker chunker, ReadOnlySpan<byte> file)
    {
        var cuts = new List<int>();
        while (!file.IsEmpty)
        {
            cuts.Add(chunker.NextCut(file, atEnd: true));
            file = file[cuts[^1]..];
        }
        return cuts;
    }

    private static List<int> CutInPieces(Chunker chunker, byte[] file, int piece)
    {
        var cuts = new List<int>();
        int from = 0;
        for (int to = 0; from < file.Length;)
        {
            to = Math.Min(file.Length, to + piece);
            for (int cut; (cut = chunker.NextCut(file.AsSpan(from, to - from), to == file.Length)) > 0; from += cut)
                cuts.Add(cut);
        }
        return cuts;
    }

    private static byte[] Noise(int length, uint seed)
    {
        // Own generator: golden cuts must not hang on how the framework's random numbers are made.
        byte[] bytes = new byte[length];
        uint state = seed * 2_654_435_761 + 1;
        for (int i = 0; i < length; i++)
        {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            bytes[i] = (byte)(state >> 11);
        }
        return bytes;
    }

    /// <summary>FastCDC as the protocol's page has it, and no quicker.</summary>
    private static List<int> CutByTheRule(int average, byte[] file)
    {
        ulong[] gear = new ulong[256];
        ulong state = 0x6564_6765_2063_6463;
        for (int i = 0; i < gear.Length; i++)
        {
            ulong word = state += 0x9E37_79B9_7F4A_7C15;
            word = (word ^ (word >> 30)) * 0xBF58_476D_1CE4_E5B9;
            word = (word ^ (word >> 27)) * 0x94D0_49BB_1331_11EB;
            gear[i] = word ^ (word >> 31);
        }
        int bits = int.Log2(average);
        var cuts = new List<int>();
        for (int from = 0; from < file.Length; from += cuts[^1])
        {
            int most = Math.Min(average * 4, file.Length - from), cut = Math.Min(average / 4, most);
            ulong hash = 0;
            bool found = false;
            for (; cut < most && !found; cut++)
            {
                hash = (hash << 1) + gear[file[from + cut]];
                found = hash >> (64 - bits + (cut < average ? -2 : 2)) == 0;
            }
            cuts.Add(cut);
        }
        return cuts;
    }
}
