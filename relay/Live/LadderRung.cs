using System.Collections.Immutable;

namespace Relay.Live;

/// <summary>A lower rung that can be made of a lesson. Each has pictures: a playlist whose rung loses them freezes browsers for good.</summary>
/// <param name="Name">In addresses and settings.</param>
/// <param name="Height">Most lines of its picture; a source with fewer is not made larger.</param>
/// <param name="VideoBitsPerSecond">Aimed at, and the most over two seconds.</param>
/// <param name="SpeechHertz">Sampling rate of its sound if that is reduced to one channel of speech; null: as the source.</param>
/// <param name="IsSlides">One picture a second, and one at each of the source's key frames.</param>
public sealed record LadderRung(string Name, int Height, int VideoBitsPerSecond, int AudioBitsPerSecond, int? SpeechHertz, bool IsSlides)
{
    public static readonly ImmutableArray<LadderRung> Known =
    [
        new("720p", 720, 1_300_000, 64_000, null, false),
        new("480p", 480, 600_000, 64_000, null, false),
        new("360p", 360, 380_000, 48_000, null, false),
        new("240p", 240, 200_000, 32_000, 32_000, false),
        // Pictures of 38 kbit, one a second, and speech: about 80 kbit/s with everything.
        new("slides", 360, 38_000, 24_000, 24_000, true),
    ];

    /// <summary>The rungs that a setting names, in its order.</summary>
    public static ImmutableArray<LadderRung> Read(string names) =>
        [.. names.Split(' ', StringSplitOptions.RemoveEmptyEntries).Distinct().Select(name => Known.Single(rung => rung.Name == name))];
}
