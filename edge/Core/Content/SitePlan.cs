using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Edge.Core.Identity;
using Edge.Core.Live;
using Edge.Core.Sync;
using Edge.Core.Text;

namespace Edge.Core.Content;

/// <summary>A pack version that a site should hold. <paramref name="Due"/>: when it must be whole, for order and forecast only, never for refusal.
/// Smaller <paramref name="Priority"/> goes first among equals. <paramref name="Pinned"/>: goes last when room is needed.</summary>
public sealed record PlannedPack(string Pack, long Version, DateTimeOffset? Due, int Priority,
    [property: System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingDefault)] bool Pinned = false);

/// <summary>How far a planned lesson has come, as the relay knows it.</summary>
public enum LessonStage { Planned, Running, Ended, Cancelled }

/// <summary>A question to the class with answers to choose from; shown from second <paramref name="At"/> of the lesson on (null: from the start).</summary>
public sealed record Poll(string Id, LocalText Question, ImmutableArray<LocalText> Options, TimeSpan? At);

/// <summary>One lesson of the timetable. <paramref name="Kit"/>: the pack that stands in when the live picture is lost.</summary>
public sealed record PlannedLesson(
    string Id,
    LocalText Title,
    string Class,
    string Subject,
    DateTimeOffset Start,
    TimeSpan Duration,
    string? Kit,
    bool Live,
    LessonStage Stage,
    ImmutableArray<Poll> Polls)
{
    /// <summary>When this school shows it, if its bells are others than the lead school's: a live lesson is then shown from its start, later. Null: as it is taught.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? Bell { get; init; }

    /// <summary>Where this school takes it from when not from the relay: a receiver or an encoder on its own network. Null: from the relay.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Source { get; init; }

    /// <summary>Its <see cref="Source"/>, when that is HLS: then segments are fetched as they are, and nothing is cut anew. Null: something else.</summary>
    [JsonIgnore]
    public string? Hls => MediaSource.IsHls(Source) ? Source : null;

    /// <summary>This school shows it at another time than it is taught.</summary>
    [JsonIgnore]
    public bool HasOwnBell => Bell is { } bell && bell > Start;

    /// <summary>When it begins on this school's screen.</summary>
    [JsonIgnore]
    public DateTimeOffset ShownFrom => HasOwnBell ? Bell!.Value : Start;

    /// <returns>Null when the bytes are no lesson.</returns>
    public static PlannedLesson? Read(ReadOnlySpan<byte> json) => ContentJson.Read(json, ContentJson.Default.PlannedLesson);

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, ContentJson.Default.PlannedLesson);
}

/// <summary>Payload of the plan list: what one school should hold, in what order, by when, and its timetable. <see cref="Version"/> only grows.
/// <see cref="Issued"/>: when it was signed, by the relay's clock; <see cref="Expires"/>: when a newer one should have come.
/// <see cref="Link"/>: how packs share the school's link; null leaves it to the box's settings.
/// <see cref="ReturnKey"/>: the relay's public key (SubjectPublicKeyInfo, base64) that returns on sticks are sealed for; null: none are wanted.</summary>
public sealed record SitePlan(
    long Version,
    string School,
    LocalText SchoolName,
    ImmutableArray<PlannedPack> Packs,
    ImmutableArray<PlannedLesson> Lessons,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? Issued = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? Expires = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] LinkTerms? Link = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ReturnKey = null)
{
    /// <returns>Null when the payload is no sound plan.</returns>
    public static SitePlan? Read(ReadOnlySpan<byte> payload) =>
        ContentJson.Read(payload, ContentJson.Default.SitePlan) is { Packs.IsDefault: false, Lessons.IsDefault: false } plan
            && Slug.IsValid(plan.School)
            && plan.Packs.All(pack => pack is not null && Slug.IsValid(pack.Pack))
            && plan.Lessons.All(lesson => lesson is not null && Slug.IsValid(lesson.Id) && !lesson.Polls.IsDefault && (lesson.Kit is null || Slug.IsValid(lesson.Kit))
                && lesson.Polls.All(poll => poll is not null && Slug.IsValid(poll.Id) && !poll.Options.IsDefault && poll.Options.All(option => option is not null))) ? plan : null;

    public byte[] ToPayload() => JsonSerializer.SerializeToUtf8Bytes(this, ContentJson.Default.SitePlan);

    public PlannedLesson? Lesson(string id) => Lessons.FirstOrDefault(lesson => lesson.Id == id);
}
