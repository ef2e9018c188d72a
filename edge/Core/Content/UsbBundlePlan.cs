using System.Collections.Immutable;

namespace Edge.Core.Content;

/// <summary>How a volume of the relay goes onto a stick.</summary>
public enum VolumeCarriage
{
    /// <summary>Nothing in it is needed.</summary>
    Left,
    /// <summary>As it is.</summary>
    Whole,
    /// <summary>Its needed chunks go into a volume made for the stick.</summary>
    Repacked,
}

/// <summary>What goes onto a stick, and in what form.</summary>
public static class UsbBundlePlan
{
    /// <summary>From this share of needed bytes on a volume is carried as it is: several schools on one stick then share the file, and it need not be packed anew.</summary>
    private const int WholeFromPercent = 75;

    public static VolumeCarriage CarriageOf(int volumeBytes, long neededBytes) =>
        neededBytes == 0 ? VolumeCarriage.Left
        : neededBytes * 100 >= (long)(volumeBytes - Volume.HeaderBytes) * WholeFromPercent ? VolumeCarriage.Whole
        : VolumeCarriage.Repacked;

    /// <summary>Finds each wanted chunk in the first volume that has it.</summary>
    /// <param name="wanted">Chunks that the school lacks.</param>
    /// <param name="volumes">A manifest's volumes with their indexes, in its order.</param>
    /// <param name="missing">Chunks that none of them has.</param>
    /// <returns>Per volume, in the same order, its wanted entries in rising order.</returns>
    public static ImmutableArray<ImmutableArray<VolumeEntry>> Place(IReadOnlySet<ChunkId> wanted, IReadOnlyList<VolumeIndex> volumes, out int missing)
    {
        var left = wanted.ToHashSet();
        var placed = ImmutableArray.CreateBuilder<ImmutableArray<VolumeEntry>>(volumes.Count);
        foreach (VolumeIndex volume in volumes)
            placed.Add([.. volume.Entries.Where(entry => left.Remove(entry.Id))]);
        missing = left.Count;
        return placed.MoveToImmutable();
    }
}
