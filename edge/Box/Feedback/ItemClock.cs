using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Edge.Core.Feedback;

namespace Edge.Box.Feedback;

/// <summary>Names and dates the items of this run of the program.</summary>
public sealed class ItemClock(TimeProvider time, FeedbackPorts ports)
{
    private readonly ulong _run = BinaryPrimitives.ReadUInt64BigEndian(RandomNumberGenerator.GetBytes(sizeof(ulong)));
    private readonly ulong _boot = Boot();
    private ulong _number;

    public ItemId NextId() => new(_run, Interlocked.Increment(ref _number));

    public ItemTime Now() => new(
        _boot,
        (long)time.GetElapsedTime(0, time.GetTimestamp()).TotalMilliseconds,
        time.GetUtcNow().ToUnixTimeMilliseconds(),
        ports.ClockQuality());

    // The kernel draws a name for each power-on; where there is none, this run stands for it.
    private static ulong Boot()
    {
        const string path = "/proc/sys/kernel/random/boot_id";
        byte[] name = File.Exists(path) ? Encoding.ASCII.GetBytes(File.ReadAllText(path)) : RandomNumberGenerator.GetBytes(16);
        return BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(name));
    }
}
