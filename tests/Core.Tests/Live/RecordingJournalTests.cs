using CsCheck;
using Edge.Core.Content;
using Edge.Core.Live;
using Xunit;

namespace Edge.Core.Tests.Live;

public sealed class RecordingJournalTests
{
    private static readonly byte[] Journal = Make(5);

    [Fact]
    public void What_was_written_is_read_and_the_restream_goes_on_behind_it()
    {
        Recording recording = RecordingJournal.Read([.. Journal, .. RecordingJournal.End(5)])!;
        Assert.Equal(5, recording.Entries.Length);
        Assert.Equal(Entry(4), recording.Entries[4]);
        Assert.True(recording.Ended);
        Assert.Equal(TimeSpan.FromSeconds(4), recording.Target);
        Assert.Equal(("upstream", 104L), (recording.Cursor.Origin, recording.Cursor.Next));
    }

    [Fact]
    public void Cut_at_every_length_it_reads_the_whole_records_before_the_cut()
    {
        for (int length = 0; length <= Journal.Length; length++)
        {
            Recording? recording = RecordingJournal.Read(Journal.AsSpan(0, length));
            if (length < RecordingJournal.HeadBytes)
                Assert.Null(recording);
            else
                Assert.Equal((length - RecordingJournal.HeadBytes) / RecordingJournal.RecordBytes, recording!.Entries.Length);
        }
    }

    [Fact]
    public void Any_damage_ends_the_journal_before_it() =>
        Gen.Select(Gen.Int[RecordingJournal.HeadBytes, Journal.Length - 1], Gen.Byte[1, 255]).Sample((place, flip) =>
        {
            byte[] damaged = (byte[])Journal.Clone();
            damaged[place] ^= flip;
            Assert.Equal((place - RecordingJournal.HeadBytes) / RecordingJournal.RecordBytes, RecordingJournal.Read(damaged)!.Entries.Length);
        }, iter: 5000);

    [Fact]
    public void Heads_of_fragmented_mp4_are_told_once_and_pointed_to_again_and_one_without_its_segment_is_torn()
    {
        var (one, other) = (new MapPlace(ChunkId.Of("a"u8), 0, 700), new MapPlace(ChunkId.Of("b"u8), 2580, 800));
        long[] offsets = [700, 3380, 5260, 7140];
        MapPlace[] maps = [one, other, other, one];
        JournalEntry[] entries = [.. Enumerable.Range(0, 4).Select(n => Entry(n) with { Offset = offsets[n], Map = maps[n], Segment = Entry(n).Segment with { Map = maps[n].Hash } })];
        var recording = new Recording(TimeSpan.FromSeconds(4), [.. entries], false, 0, RecordingJournal.FragmentedVersion);
        byte[] journal = RecordingJournal.Write(recording);
        Recording read = RecordingJournal.Read(journal)!;
        Assert.True(read.Fragmented);
        Assert.Equal(entries, read.Entries);
        Assert.Equal(journal.Length, read.ValidBytes);
        Assert.Equal(RecordingJournal.HeadBytes + 7 * RecordingJournal.RecordBytes, RecordingJournal.LengthOf(read.Entries));
        for (int length = RecordingJournal.HeadBytes; length <= journal.Length; length++)
        {
            Recording cut = RecordingJournal.Read(journal.AsSpan(0, length))!;
            Assert.Equal(entries.Take(cut.Entries.Length), cut.Entries);
            Assert.Equal(RecordingJournal.LengthOf(cut.Entries), cut.ValidBytes);
        }
    }

    [Fact]
    public void Noise_is_no_journal() => Gen.Byte.Array[0, 400].Sample(noise => Assert.Null(RecordingJournal.Read(noise)));

    private static byte[] Make(int entries) =>
        [.. RecordingJournal.Head(TimeSpan.FromSeconds(4)), .. Enumerable.Range(0, entries).SelectMany(number => RecordingJournal.Record(Entry(number)))];

    private static JournalEntry Entry(int number) => new(
        new Segment(number, TimeSpan.FromSeconds(2), DateTimeOffset.UnixEpoch + TimeSpan.FromSeconds(2 * number), number == 3, 1880, ChunkId.Of([(byte)number])), number * 1880, "upstream", 99 + number, number < 2 ? "" : "slides");
}
