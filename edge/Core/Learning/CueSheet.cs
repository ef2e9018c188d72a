using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Edge.Core.Content;
using Edge.Core.Text;

namespace Edge.Core.Learning;

/// <summary>What a class does from a cue point on.</summary>
public enum CueKind { Listening, Practice, Activity, Test, Guidance }

/// <summary>One cue point of a lesson.</summary>
/// <param name="At">Whole second of the lesson.</param>
/// <param name="Kind">What the class does.</param>
/// <param name="Title">For everybody.</param>
/// <param name="Item">Path of the pack's file that belongs to it; null when there is none.</param>
/// <param name="Card">What the teacher in the room may say and do; null when nothing needs saying.</param>
public sealed record Cue(
    int At,
    CueKind Kind,
    LocalText Title,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Item = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] LocalText? Card = null);

/// <summary>The cue points of a lesson's kit: the file <see cref="FileName"/> of its pack, a JSON list of <see cref="Cue"/>.</summary>
public static class CueSheet
{
    public const string FileName = "cues.json";
    public const int MaxBytes = 64 << 10;
    public const int MaxCues = 200;

    /// <returns>The cue points in the order of their seconds; null when the bytes are no cue sheet.</returns>
    public static ImmutableArray<Cue>? Read(ReadOnlySpan<byte> json)
    {
        if (json.Length > MaxBytes || ContentJson.Read(json, ContentJson.Default.CueArray) is not { Length: <= MaxCues } cues)
            return null;
        bool sound = cues.All(cue => cue is { At: >= 0 and <= 24 * 60 * 60, Title.Texts.Count: > 0 } && Enum.IsDefined(cue.Kind)
            && (cue.Item is null || PackPath.Problem(cue.Item) is null));
        return sound ? [.. cues.OrderBy(cue => cue.At)] : null;
    }

    /// <summary>Place of the cue point that a second belongs to; −1 before the first.</summary>
    public static int PlaceAt(ImmutableArray<Cue> cues, TimeSpan second) => cues.Count(cue => cue.At <= second.TotalSeconds) - 1;
}
