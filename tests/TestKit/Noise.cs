namespace TestKit;

/// <summary>Bytes that look like media: the same for the same seed, and nothing packs them.</summary>
public static class Noise
{
    public static byte[] Of(int lengthBytes, int seed)
    {
        byte[] bytes = new byte[lengthBytes];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>A copy with a few bytes changed, or a piece left out, doubled or cut off: what a bad link or a bad program makes of it.</summary>
    public static byte[] Damaged(byte[] bytes, Random random)
    {
        byte[] copy = (byte[])bytes.Clone();
        for (int flips = random.Next(8); flips > 0 && copy.Length > 0; flips--)
            copy[random.Next(copy.Length)] = random.Next(3) == 0 ? (byte)(random.Next(2) * 255) : (byte)random.Next(256);
        (int from, int to) = (random.Next(copy.Length + 1), random.Next(copy.Length + 1));
        if (from > to)
            (from, to) = (to, from);
        return random.Next(6) switch
        {
            0 => copy[..to],
            1 => [.. copy[..from], .. copy[to..]],
            2 => [.. copy[..to], .. copy[from..]],
            _ => copy,
        };
    }
}
