using Edge.Box.Content;
using Edge.Core.Content;
using TestKit;
using TestKit.Disk;
using Xunit;

namespace Edge.Box.Tests.Content;

public sealed class PartialStoreTests : IDisposable
{
    private const long MostBytes = 64L << 20;
    private static readonly ChunkId Object = ChunkId.Of("object"u8);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private PartialStore Open(long mostBytes = MostBytes) => PartialStore.Open(_folder["partial"], mostBytes);

    [Fact]
    public void Unplug_at_any_instant_what_was_appended_is_there_after_a_kill_without_any_goodbye()
    {
        byte[] bytes = Noise.Of(100_000, 1);
        PartialStore killed = Open();
        killed.Append(Object, 50_000, bytes.AsSpan(50_000, 20_000));
        killed.Append(Object, 10_000, bytes.AsSpan(10_000, 5_000));
        using PartialStore store = Open();
        Assert.Equal([new ByteSpan(10_000, 15_000), new ByteSpan(50_000, 70_000)], store.HeldOf(Object, new ByteSpan(0, 100_000)));
        byte[] read = new byte[15_000];
        Assert.True(store.TryRead(Object, 52_000, read));
        Assert.Equal(bytes[52_000..67_000], read);
        Assert.False(store.TryRead(Object, 49_999, read));
        Assert.False(store.TryRead(Object, 60_000, read));
        killed.Dispose();
    }

    [Fact]
    public void Unplug_at_any_instant_a_file_cut_at_any_length_gives_only_whole_records()
    {
        byte[] bytes = Noise.Of(300, 2);
        using (PartialStore store = Open())
        {
            for (int i = 0; i < 300; i += 60)
                store.Append(Object, i, bytes.AsSpan(i, 60));
        }
        byte[] file = File.ReadAllBytes(_folder["partial/000000.part"]);
        for (int length = 0; length <= file.Length; length++)
        {
            _folder.Write("partial/000000.part", file.AsSpan(0, length));
            using PartialStore store = Open();
            int whole = length / (PartialRecord.HeadBytes + 60) * 60;
            Assert.Equal(whole, store.HeldOf(Object, new ByteSpan(0, 300)).Sum(span => span.LengthBytes));
            byte[] read = new byte[whole];
            Assert.Equal(whole > 0, store.TryRead(Object, 0, read));
            Assert.Equal(bytes[..whole], read);
        }
    }

    [Fact]
    public void A_record_whose_bytes_the_card_did_not_keep_is_not_held()
    {
        byte[] bytes = Noise.Of(1_000, 3);
        using (PartialStore store = Open())
            store.Append(Object, 0, bytes);
        byte[] file = File.ReadAllBytes(_folder["partial/000000.part"]);
        for (int at = 0; at < file.Length; at += 7)
        {
            byte[] wrong = [.. file];
            wrong[at] ^= 0x10;
            _folder.Write("partial/000000.part", wrong);
            using PartialStore store = Open();
            Assert.Empty(store.HeldOf(Object, new ByteSpan(0, 1_000)));
        }
    }

    [Fact]
    public void The_record_is_as_it_was()
    {
        byte[] head = new byte[PartialRecord.HeadBytes];
        new PartialRecord(Object, 258, 3).WriteHead(head, [1, 2, 3]);
        Assert.Equal("45445031" + Convert.ToHexStringLower(Object.ToArray()) + "00000102" + "00000003", Convert.ToHexStringLower(head.AsSpan(0, 44)));
        Assert.Equal(GoldenCheck, Convert.ToHexStringLower(head.AsSpan(44)));
        Assert.True(PartialRecord.TryRead([.. head, 1, 2, 3, 99], out PartialRecord record));
        Assert.Equal(new PartialRecord(Object, 258, 3), record);
        Assert.False(PartialRecord.TryRead([.. head, 1, 2, 4], out _));
    }

    private const string GoldenCheck = "01162623";

    [Fact]
    public void Files_go_when_nothing_in_them_is_needed_and_the_bound_holds()
    {
        byte[] bytes = Noise.Of(1 << 20, 4);
        using PartialStore store = Open(mostBytes: 12 << 20);
        for (int i = 0; i < 20; i++)
            store.Append(Object, i << 20, bytes);
        Assert.InRange(Directory.GetFiles(_folder["partial"]).Sum(file => new FileInfo(file).Length), 1, 12 << 20);
        // The oldest went; the newest is here.
        Assert.Empty(store.HeldOf(Object, new ByteSpan(0, 1 << 20)));
        Assert.Single(store.HeldOf(Object, new ByteSpan(19 << 20, 20 << 20)));
        store.Forget(Object, new ByteSpan(0, 20 << 20));
        Assert.InRange(Directory.GetFiles(_folder["partial"]).Length, 0, 1);
        store.Append(Object, 0, bytes);
        store.Clear();
        Assert.Empty(Directory.GetFiles(_folder["partial"]));
        store.Append(Object, 0, bytes);
        Assert.Single(store.HeldOf(Object, new ByteSpan(0, 1 << 20)));
    }

    [Fact]
    public void Only_what_is_not_flushed_counts_as_unflushed()
    {
        using PartialStore store = Open();
        store.Append(Object, 0, new byte[1000]);
        store.Flush();
        store.Append(Object, 1000, new byte[500]);
        Assert.Equal(500, store.UnflushedBytes);
        store.Forget(Object, new ByteSpan(0, 1000));
        Assert.Equal(500, store.UnflushedBytes);
        store.KeepOnly(Object, []);
        Assert.Equal(0, store.UnflushedBytes);
    }
}
