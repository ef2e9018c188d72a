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
}
