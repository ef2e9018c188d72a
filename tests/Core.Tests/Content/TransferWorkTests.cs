using CsCheck;
using Edge.Core.Content;
using Xunit;

namespace Edge.Core.Tests.Content;

public sealed class TransferWorkTests
{
    private static readonly ChunkId Volume = ChunkId.Of("volume"u8);

    private static RangeFetch Stretch(params (int Offset, int Stored)[] chunks)
    {
        VolumeEntry[] entries = [.. chunks.Select(chunk => new VolumeEntry(ChunkId.Of(BitConverter.GetBytes(chunk.Offset)), chunk.Offset, chunk.Stored, chunk.Stored * 2, ChunkCoding.Brotli))];
        return new RangeFetch(Volume, entries[0].OffsetBytes, entries[^1].OffsetBytes + entries[^1].StoredBytes - entries[0].OffsetBytes, [.. entries]);
    }

    private static TransferWork Work(RangeFetch range, params ByteSpan[] held) => new([range], (_, span) =>
        held.Where(item => item.From < span.To && item.To > span.From).Select(item => new ByteSpan(Math.Max(item.From, span.From), Math.Min(item.To, span.To))));

    [Fact]
    public void Pieces_grow_smaller_towards_the_end_so_that_all_connections_end_together()
    {
        TransferWork work = Work(Stretch((8, 4 << 20)));
        var lengths = new List<int>();
        while (work.Next(1.0 / 8, 1 << 20) is { } piece)
            lengths.Add(piece.Span.LengthBytes);
        Assert.Equal(4 << 20, lengths.Sum());
        Assert.Equal(lengths.OrderDescending(), lengths);
        Assert.Equal((4 << 20) / 8, lengths[0]);
        Assert.InRange(lengths[^1], TransferWork.LeastPieceBytes / 2, TransferWork.LeastPieceBytes * 3 / 2);
    }

    [Theory]
    [InlineData(null, new double[0], 1.0)]
    [InlineData(5.0, new double[0], 1.0)]
    [InlineData(10.0, new[] { 10.0, 10.0, 10.0 }, 0.125)]
    [InlineData(1.0, new[] { 10.0, 9.0 }, 0.025)]
    [InlineData(null, new[] { 10.0, 20.0, 30.0 }, 0.125)]
    [InlineData(0.0, new[] { 0.0, 0.0, 0.0 }, 0.125)]
    public void A_connection_takes_half_of_its_part_of_the_speed_and_one_alone_takes_all(double? rate, double[] others, double share) =>
        Assert.Equal(share, TransferWork.ShareOf(rate, [.. others.Select(other => (double?)other)]), 6);

    [Fact]
    public void A_slow_connection_gets_small_pieces_and_ends_with_the_others()
    {
        // Three connections, one at a fifth of the speed of the others: each takes a piece when it is done with the one before.
        double[] speeds = [50_000, 50_000, 10_000];
        TransferWork work = Work(Stretch((8, 4 << 20)));
        var ready = new double[3];
        while (work.QueuedBytes > 0)
        {
            int lane = Array.IndexOf(ready, ready.Min());
            Piece piece = work.Next(TransferWork.ShareOf(speeds[lane], [.. speeds.Where((_, other) => other != lane).Select(speed => (double?)speed)]), 1 << 20)!.Value;
            ready[lane] += piece.Span.LengthBytes / speeds[lane];
        }
        Assert.InRange(ready.Max() - ready.Min(), 0, TransferWork.LeastPieceBytes * 1.5 / speeds.Min());
    }

    [Fact]
    public void No_piece_is_longer_than_allowed_and_one_connection_asks_for_what_there_is()
    {
        Assert.Equal(100_000, Work(Stretch((8, 1 << 20))).Next(1, 100_000)!.Value.Span.LengthBytes);
        Assert.Equal(20_000, Work(Stretch((8, 20_000))).Next(1, 100_000)!.Value.Span.LengthBytes);
    }

    [Fact]
    public void What_is_held_is_not_asked_for_again()
    {
        TransferWork work = Work(Stretch((8, 1000), (1008, 1000)), new ByteSpan(8, 408), new ByteSpan(908, 1208));
        Assert.Equal(new ByteSpan(408, 908), work.Next(1, 1 << 20)!.Value.Span);
        Assert.Equal(new ByteSpan(1208, 2008), work.Next(1, 1 << 20)!.Value.Span);
        Assert.Null(work.Next(1, 1 << 20));
        Assert.Equal(2 * 700, work.PlainBytes);
    }

    [Fact]
    public void A_small_hole_between_chunks_is_read_through_and_a_wide_one_is_not()
    {
        TransferWork work = Work(Stretch((8, 1000), (1008 + FetchPlan.MaxGapBytes, 1000), (5000, 1000)));
        Assert.Equal(new ByteSpan(8, 2008 + FetchPlan.MaxGapBytes), work.Next(1, 1 << 20)!.Value.Span);
        Assert.Equal(new ByteSpan(5000, 6000), work.Next(1, 1 << 20)!.Value.Span);
    }

    [Fact]
    public void An_object_the_source_does_not_have_is_given_up_and_the_rest_goes_on()
    {
        var other = new RangeFetch(ChunkId.Of("other"u8), 0, 10, [new VolumeEntry(ChunkId.Of("x"u8), 0, 10, 10, ChunkCoding.Plain)]);
        var work = new TransferWork([Stretch((8, 1000), (1008, 1000)), other], (_, _) => []);
        Piece piece = work.Next(1, 1 << 20)!.Value;
        Assert.Equal(2, work.Drop(Volume));
        work.GiveBack(piece);
        Assert.Equal(other.Volume, work.Next(1, 1 << 20)!.Value.Id);
        Assert.Null(work.Next(1, 1 << 20));
    }

    [Fact]
    public void A_chunk_that_was_lost_from_the_disk_is_fetched_whole()
    {
        TransferWork work = Work(Stretch((8, 1000)), new ByteSpan(8, 1008));
        (ChunkId id, VolumeEntry entry) = Assert.Single(work.WholeAtStart);
        work.Again(id, entry);
        Assert.Equal(0, work.PlainBytes);
        Assert.Equal(new ByteSpan(8, 1008), work.Next(1, 1 << 20)!.Value.Span);
    }

    /// <summary>Pieces go out to several connections, break off anywhere, come back, and go out again.</summary>
    [Fact]
    public void Paid_once_each_wanted_byte_comes_exactly_once_however_pieces_break_off() =>
        Gen.Select(Gen.Int[1, 60_000].Array[1, 30], Gen.Int[0, 900].Array[30], Gen.Int[0, int.MaxValue].Array[200], Gen.Int[1, 8]).Sample((lengths, gaps, cuts, connections) =>
        {
            var chunks = new List<(int, int)>();
            int at = 8;
            for (int i = 0; i < lengths.Length; i++)
            {
                chunks.Add((at, lengths[i]));
                at += lengths[i] + gaps[i];
            }
            RangeFetch range = Stretch([.. chunks]);
            TransferWork work = Work(range);
            int[] came = new int[at];
            var whole = new HashSet<ChunkId>();
            for (int step = 0; work.Next(1.0 / connections, 200_000) is { } piece; step++)
            {
                int to = step < cuts.Length ? piece.Span.From + cuts[step] % (piece.Span.LengthBytes + 1) : piece.Span.To;
                foreach ((VolumeEntry entry, ByteSpan span) in work.Cut(Volume, piece.Span with { To = to }).ToArray())
                {
                    for (int i = span.From; i < span.To; i++)
                        came[i]++;
                    if (work.Arrived(Volume, entry, span.LengthBytes))
                        Assert.True(whole.Add(entry.Id));
                }
                work.GiveBack(piece with { Span = piece.Span with { From = to } });
            }
            Assert.Equal(lengths.Length, whole.Count);
            Assert.Equal(lengths.Sum() * 2L, work.PlainBytes);
            Assert.All(chunks, chunk => Assert.All(came[chunk.Item1..(chunk.Item1 + chunk.Item2)], count => Assert.Equal(1, count)));
        }, iter: 40);
}
