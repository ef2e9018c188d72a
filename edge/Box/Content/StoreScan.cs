using Edge.Core.Content;

namespace Edge.Box.Content;

/// <summary>Reads records out of a store file that no index vouches for. Each is checked against its name, not only its sum.
/// Behind what is no record it looks for the next one, so that one changed bit costs one chunk.</summary>
internal sealed class StoreScan(IStoreDisk disk, int file, long from)
{
    private const int LookBytes = 64 << 10;

    public IEnumerable<ChunkPlace> Records()
    {
        byte[] head = new byte[ChunkRecord.HeadBytes];
        for (long at = from; disk.Read(file, at, head) == head.Length;)
        {
            if (Sound(head, at) is not { } place)
            {
                if (NextMark(at + 1) is not { } next)
                    yield break;
                at = next;
                continue;
            }
            yield return place;
            at = place.End;
        }
    }

    private ChunkPlace? Sound(byte[] head, long at)
    {
        if (!ChunkRecord.TryReadHead(head, out ChunkRecord record))
            return null;
        byte[] stored = new byte[record.StoredBytes];
        return disk.Read(file, at + ChunkRecord.HeadBytes, stored) == stored.Length && ChunkRecord.CrcOf(stored) == record.Crc
            && Volume.IsSound(new VolumeEntry(record.Id, 0, record.StoredBytes, record.LengthBytes, record.Coding), stored)
            ? ChunkPlace.Of(record, file, at + ChunkRecord.HeadBytes) : null;
    }

    private long? NextMark(long at)
    {
        byte[] look = new byte[LookBytes];
        while (true)
        {
            int read = disk.Read(file, at, look);
            if (read < ChunkRecord.HeadBytes)
                return null;
            int found = look.AsSpan(0, read).IndexOf(ChunkRecord.Mark);
            if (found >= 0)
                return at + found;
            at += read - ChunkRecord.Mark.Length + 1;
        }
    }
}
