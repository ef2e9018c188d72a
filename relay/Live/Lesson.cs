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
    /// <summary>The secret in the address of the page of who teaches it; there is no account to forget.</summary>
    public required string TeachKey { get; init; }

    /// <summary>When schools with bells of their own show it: school → time.</summary>
    public ImmutableSortedDictionary<string, DateTimeOffset> Bells { get; init; } = ImmutableSortedDictionary<string, DateTimeOffset>.Empty;

    /// <summary>Where schools take it from that have it on their own network: school → address; <see cref="AnySchool"/> is every one that is not named.</summary>
    public ImmutableSortedDictionary<string, string> BoxSources { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    public const string AnySchool = "*";

    public bool IsFor(string school) => Schools is not { } schools || schools.Contains(school);

    /// <summary>As one school's plan carries it.</summary>
    public PlannedLesson ToPlanned(string school) => ToPlanned() with
    {
        Bell = Bells.TryGetValue(school, out DateTimeOffset bell) ? bell : null,
        Source = BoxSources.GetValueOrDefault(school) ?? BoxSources.GetValueOrDefault(AnySchool),
    };

    /// <summary>When it is on a school's screen.</summary>
    public (DateTimeOffset From, DateTimeOffset To) ShownAt(string school) => ToPlanned(school) is var planned ? (planned.ShownFrom, planned.ShownFrom + Duration) : default;

    public PlannedLesson ToPlanned() => new(Id, Title, Class, Subject, Start, Duration, Kit, Live, Stage, Polls);
}
