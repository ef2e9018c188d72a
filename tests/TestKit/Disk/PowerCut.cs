namespace TestKit.Disk;

/// <summary>The power went, or the process was killed.</summary>
public sealed class PowerCutException : Exception;

/// <summary>What every simulated disk has in common: the steps between which the power may go, and what a cut leaves of a file.</summary>
public static class PowerCut
{
    private const int SectorBytes = 512;

    /// <summary>A file after the cut: each sector that differs is the old or the new one; the length is that of the last sector that came through.</summary>
    /// <param name="old">As it was flushed last.</param>
    /// <param name="last">As it was written last.</param>
    /// <param name="draw">Chance.</param>
    public static byte[] Mixed(byte[] old, byte[] last, Random draw)
    {
        byte[] mixed = new byte[Math.Max(old.Length, last.Length)];
        old.CopyTo(mixed, 0);
        int length = old.Length;
        int chance = draw.Next(3);
        for (int at = 0; at < last.Length; at += SectorBytes)
        {
            int end = Math.Min(at + SectorBytes, last.Length);
            bool same = end <= old.Length && last.AsSpan(at, end - at).SequenceEqual(old.AsSpan(at, end - at));
            if (same || chance == 0 || (chance == 1 && draw.Next(2) == 0))
                continue;
            last.AsSpan(at, end - at).CopyTo(mixed.AsSpan(at));
            length = Math.Max(length, end);
        }
        return mixed[..length];
    }
}

/// <summary>Counts step boundaries down to the cut.</summary>
public sealed class PowerSteps
{
    private int _left = int.MaxValue;

    /// <summary>The next step is the last one that is begun: it may be done in part.</summary>
    public bool AtTheEnd => _left == 0;

    /// <summary>The power goes after so many step boundaries.</summary>
    public void CutAfter(int steps) => _left = steps;

    /// <summary>Power is there, for good.</summary>
    public void Restore() => _left = int.MaxValue;

    /// <exception cref="PowerCutException">The power is gone. Nothing happens after the cut, whatever the program still tries.</exception>
    public void Step()
    {
        if (Interlocked.Decrement(ref _left) >= 0)
            return;
        _left = 0;
        throw new PowerCutException();
    }
}
