using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Core.Text;

namespace Relay.Live;

/// <summary>A lesson of the timetable as staff scheduled it.</summary>
/// <param name="Schools">Who gets it; null: every school.</param>
/// <param name="IngestKey">The secret in the address that the lead school's encoder sends to.</param>
/// <param name="Origin">Names the numbering of its segments (EXT-X-EDGE-ORIGIN).</param>
/// <param name="Target">Target duration of its playlists, fixed when it was scheduled.</param>
public sealed record Lesson(
    string Id,
    LocalText Title,
    string Class,
    string Subject,
    DateTimeOffset Start,
    TimeSpan Duration,
    string? Kit,
    bool Live,
    LessonStage Stage,
    ImmutableArray<Poll> Polls,
    ImmutableArray<string>? Schools,
    string IngestKey,
    string Origin,
    TimeSpan Target)
{
    public bool IsFor(string school) => Schools is not { } schools || schools.Contains(school);

    public PlannedLesson ToPlanned() => new(Id, Title, Class, Subject, Start, Duration, Kit, Live, Stage, Polls);
}
