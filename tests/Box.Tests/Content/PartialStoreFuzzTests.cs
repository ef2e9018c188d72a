using Edge.Box.Content;
using Edge.Core.Content;
using TestKit;
using TestKit.Disk;
using Xunit;

namespace Edge.Box.Tests.Content;

/// <summary>Whatever a card makes of partial files, and whatever is done to the store: what it says it holds are the bytes that came.</summary>
public sealed class PartialStoreFuzzTests : IDisposable
{
    private const int ObjectBytes = 4_000;
    private static readonly ChunkId[] Ids = [ChunkId.Of("a"u8), ChunkId.Of("b"u8), ChunkId.Of("c"u8)];
    private static readonly byte[][] Contents = [Noise.Of(ObjectBytes, 1), Noise.Of(ObjectBytes, 2), Noise.Of(ObjectBytes, 3)];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Unplug_at_any_instant_a_file_that_a_card_spoilt_gives_only_bytes_that_came()
    {
        var sound = new List<byte[]>();
        int held = 0, lost = 0;
        for (int input = 0; input < Fuzz.Inputs; input++)
        {
            var chance = new Random(input);
            if (input % 1_000 == 0)
                sound.Add(SoundFile(chance));
            byte[] file = Spoil([.. sound[chance.Next(sound.Count)]], chance);
            _folder.Write("partial/000000.part", file);
            using PartialStore store = Open();
            int bytes = AssertHoldsOnlyWhatCame(store, $"input {input}");
            (held, lost) = bytes > 0 ? (held + 1, lost) : (held, lost + 1);
        }
        // Both happen, or the test sees nothing.
        Assert.True(held > Fuzz.Inputs / 10 && lost > Fuzz.Inputs / 100, $"{held} files gave something, {lost} nothing");
    }

    [Fact]
    public void Noise_is_no_record_whatever_lengths_it_claims()
    {
        for (int input = 0; input < Fuzz.Inputs; input++)
        {
            var chance = new Random(input);
            byte[] bytes = [.. "EDP1"u8, .. Noise.Of(chance.Next(PartialRecord.HeadBytes + 200), input)];
            Assert.False(PartialRecord.TryRead(bytes, out _));
        }
    }

    /// <summary>Appends, flushes, forgets, kills in any order, beside a list of what must be held.</summary>
    [Fact]
    public void Unplug_at_any_instant_after_any_order_of_steps_all_that_is_needed_is_held_and_right()
    {
        const int StepsPerRun = 50;
        for (int run = 0; run < Fuzz.Inputs / StepsPerRun; run++)
        {
            var chance = new Random(run);
            string folder = _folder[$"run-{run}"];
            PartialStore store = PartialStore.Open(folder, 64L << 20);
            var needed = new List<(int Object, ByteSpan Span)>();
            try
            {
                for (int step = 0; step < StepsPerRun; step++)
                {
                    (int of, ByteSpan span) = (chance.Next(Ids.Length), SpanOf(chance));
                    bool Touches((int Object, ByteSpan Span) item) => item.Object == of && item.Span.From < span.To && span.From < item.Span.To;
                    switch (chance.Next(20))
                    {
                        case < 12:
                            store.Append(Ids[of], span.From, Contents[of].AsSpan(span.From, span.LengthBytes));
                            // An older record that it touches goes whole.
                            needed.RemoveAll(Touches);
                            needed.Add((of, span));
                            break;
                        case < 14:
                            store.Forget(Ids[of], span);
                            needed.RemoveAll(Touches);
                            break;
                        case < 15:
                            store.KeepOnly(Ids[of], [span]);
                            needed.RemoveAll(item => item.Object == of && !Touches(item));
                            break;
                        case < 17:
                            store.Flush();
                            Assert.Equal(0, store.UnflushedBytes);
                            break;
                        case < 18 when chance.Next(10) == 0:
                            store.Clear();
                            needed.Clear();
                            break;
                        default:
                            // A kill: what was forgotten may be there again, what was not must be.
                            store.Dispose();
                            store = PartialStore.Open(folder, 64L << 20);
                            break;
                    }
                    AssertHoldsOnlyWhatCame(store, $"run {run}, step {step}");
                    foreach ((int item, ByteSpan there) in needed)
                        Assert.True(store.TryRead(Ids[item], there.From, new byte[there.LengthBytes]), $"run {run}, step {step}: {there} of {item} is gone");
                }
            }
            finally
            {
                store.Dispose();
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    /// <summary>The disk may end at any byte of what was written: of several files, each cut anywhere, the whole records before the cut are held and nothing else.</summary>
    [Fact]
    public void Unplug_at_any_instant_two_files_cut_at_every_length_give_what_lies_before_the_cuts()
    {
        const int RecordBytes = 40, Records = 6;
        using (PartialStore store = Open())
            AppendRow(store, 0);
        using (PartialStore store = Open())
            AppendRow(store, 1);
        byte[][] files = [File.ReadAllBytes(_folder["partial/000000.part"]), File.ReadAllBytes(_folder["partial/000001.part"])];
        for (int cut = 0; cut <= files[0].Length; cut++)
        {
            int other = files[1].Length - cut;
            _folder.Write("partial/000000.part", files[0].AsSpan(0, cut));
            _folder.Write("partial/000001.part", files[1].AsSpan(0, other));
            using PartialStore store = Open();
            AssertHoldsOnlyWhatCame(store, $"cut at {cut}");
            int[] lengths = [cut, other];
            for (int of = 0; of < lengths.Length; of++)
                Assert.Equal(lengths[of] / (PartialRecord.HeadBytes + RecordBytes) * RecordBytes, HeldBytes(store, of));
        }

        static void AppendRow(PartialStore store, int of)
        {
            for (int i = 0; i < Records; i++)
                store.Append(Ids[of], i * RecordBytes, Contents[of].AsSpan(i * RecordBytes, RecordBytes));
        }
    }

    private PartialStore Open() => PartialStore.Open(_folder["partial"], 64L << 20);

    private static byte[] SoundFile(Random chance)
    {
        using var folder = new TempFolder();
        using (PartialStore store = PartialStore.Open(folder["partial"], 64L << 20))
        {
            for (int i = chance.Next(2, 8); i > 0; i--)
            {
                (int of, ByteSpan span) = (chance.Next(Ids.Length), SpanOf(chance));
                store.Append(Ids[of], span.From, Contents[of].AsSpan(span.From, span.LengthBytes));
            }
        }
        return File.ReadAllBytes(folder["partial/000000.part"]);
    }

    /// <summary>Bits turned, stretches overwritten, left out, repeated or cut off, noise behind.</summary>
    private static byte[] Spoil(byte[] file, Random chance)
    {
        for (int i = chance.Next(4); i > 0 && file.Length > 0; i--)
        {
            int at = chance.Next(file.Length), length = Math.Min(chance.Next(1, 200), file.Length - at);
            switch (chance.Next(6))
            {
                case 0:
                    file[at] ^= (byte)(1 << chance.Next(8));
                    break;
                case 1:
                    chance.NextBytes(file.AsSpan(at, length));
                    break;
                case 2:
                    file = [.. file.AsSpan(0, at), .. file.AsSpan(at + length)];
                    break;
                case 3:
                    file = [.. file.AsSpan(0, at), .. file.AsSpan(at, length), .. file.AsSpan(at)];
                    break;
                case 4:
                    file = file[..at];
                    break;
                default:
                    file = [.. file, .. Noise.Of(length, chance.Next())];
                    break;
            }
        }
        return file;
    }

    private static ByteSpan SpanOf(Random chance)
    {
        int from = chance.Next(ObjectBytes - 1);
        return new ByteSpan(from, Math.Min(ObjectBytes, from + chance.Next(1, 600)));
    }

    private static int HeldBytes(PartialStore store, int of) => store.HeldOf(Ids[of], new ByteSpan(0, ObjectBytes)).Sum(span => span.LengthBytes);

    /// <returns>How many bytes it holds.</returns>
    private static int AssertHoldsOnlyWhatCame(PartialStore store, string when)
    {
        int all = 0;
        for (int of = 0; of < Ids.Length; of++)
        {
            int before = 0;
            foreach (ByteSpan span in store.HeldOf(Ids[of], new ByteSpan(0, ObjectBytes)))
            {
                Assert.True(span.From >= before && span.LengthBytes > 0, $"{when}: {span} overlaps");
                byte[] read = new byte[span.LengthBytes];
                Assert.True(store.TryRead(Ids[of], span.From, read) && read.AsSpan().SequenceEqual(Contents[of].AsSpan(span.From, span.LengthBytes)), $"{when}: {span} of {of} is not what came");
                (before, all) = (span.To, all + span.LengthBytes);
            }
        }
        return all;
    }
}
