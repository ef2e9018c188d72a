namespace Edge.Core.Content;

/// <summary>Bounds of the content formats. A reader refuses what is over them before it allocates; a builder says so with the file's name.</summary>
public static class ContentLimits
{
    /// <summary>Longest chunk, decoded. File chunks stay under 1 MiB; the room is for recipes, which are chunks too.</summary>
    public const int MaxChunkBytes = 4 << 20;

    /// <summary>Longest volume file: few enough files for an SD card, small enough to build in memory and to fetch again.</summary>
    public const int MaxVolumeBytes = 32 << 20;

    /// <summary>Most chunks in one file or one volume. At 40 bytes each a recipe of them fits in a chunk.</summary>
    public const int MaxChunks = 100_000;

    /// <summary>Longest index of a volume.</summary>
    public const int MaxIndexBytes = 4 << 20;

    /// <summary>Longest manifest as it travels (compressed).</summary>
    public const int MaxManifestBytes = 4 << 20;

    /// <summary>Longest manifest when unpacked; 20 000 files take about 6 MiB.</summary>
    public const int MaxManifestJsonBytes = 16 << 20;

    public const int MaxFiles = 20_000;

    /// <summary>Most volumes one pack version may draw from.</summary>
    public const int MaxVolumes = 4_096;

    /// <summary>Longest file: 12 GiB is 24 hours of video at 1 Mbit/s, and stays under <see cref="MaxChunks"/> at the widest cuts.</summary>
    public const long MaxFileBytes = 12L << 30;

    /// <summary>Longest text (title, name of a supplier) in a manifest, in characters.</summary>
    public const int MaxTextLength = 500;

    /// <summary>Most entries in a manifest's short lists (languages, knowledge points).</summary>
    public const int MaxTags = 200;
}
