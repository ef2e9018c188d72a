using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Edge.Core.Content;
using Relay.Live;
using Xunit;

namespace Relay.Tests.Live;

/// <summary>Bells of schools, and lessons at one time.</summary>
public sealed class TimetableTests
{
    private static readonly DateTimeOffset Eight = new(2030, 3, 4, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_school_with_other_bells_has_its_own_time_in_its_plan_and_the_others_have_not()
    {
        await using LiveRelay relay = await LiveRelay.StartAsync();
        await ScheduleAsync(relay, "fractions", Eight, "3A", null, new() { ["valley"] = Eight.AddMinutes(30) });
        Assert.Equal(Eight.AddMinutes(30), Planned(relay, "valley", "fractions").ShownFrom);
        Assert.Equal((Eight, (DateTimeOffset?)null), (Planned(relay, "hill", "fractions").ShownFrom, Planned(relay, "hill", "fractions").Bell));
        // Moved: the lesson to come changes, its bells with it.
        await ScheduleAsync(relay, "fractions", Eight.AddHours(1), "3A", null, null);
        Assert.Equal(Eight.AddHours(1), Planned(relay, "valley", "fractions").ShownFrom);
    }

    [Theory]
    [InlineData(-1, HttpStatusCode.BadRequest)]
    [InlineData(0, HttpStatusCode.OK)]
    [InlineData(7 * 24 * 60, HttpStatusCode.OK)]
    [InlineData(7 * 24 * 60 + 1, HttpStatusCode.BadRequest)]
    public async Task A_bell_is_at_the_start_or_up_to_a_week_later(int minutes, HttpStatusCode status)
    {
        await using LiveRelay relay = await LiveRelay.StartAsync();
        using HttpResponseMessage answer = await relay.Http.PostAsJsonAsync("/api/lessons", Body("fractions", Eight, "3A", null, new() { ["valley"] = Eight.AddMinutes(minutes) }));
        Assert.Equal(status, answer.StatusCode);
    }

    [Theory]
    [InlineData(44, "3a", null, true)]
    [InlineData(45, "3A", null, true)] // at valley, where the first is shown at nine
    [InlineData(45, "3A", "hill", false)]
    [InlineData(10, "4B", null, false)]
    [InlineData(10, "3A", "hill", true)]
    [InlineData(10, "3A", "valley", false)] // there the first is shown at another time
    [InlineData(70, "3A", "valley", true)]
    [InlineData(70, "3A", "hill", false)]
    public async Task Two_lessons_of_a_class_at_one_time_at_one_school_are_said(int minutes, string second, string? school, bool conflict)
    {
        await using LiveRelay relay = await LiveRelay.StartAsync();
        JsonElement alone = await ScheduleAsync(relay, "fractions", Eight, "3A", null, new() { ["valley"] = Eight.AddMinutes(60) });
        Assert.Empty(alone.GetProperty("conflicts").EnumerateArray());
        JsonElement answer = await ScheduleAsync(relay, "songs", Eight.AddMinutes(minutes), second, school, null);
        Assert.Equal(conflict ? ["fractions"] : [], answer.GetProperty("conflicts").EnumerateArray().Select(other => other.GetString()).ToArray());
        // A lesson that was cancelled is in nobody's way.
        await relay.PostAsync("/api/lessons/fractions/end", new { });
        Assert.Empty((await relay.Http.GetFromJsonAsync<JsonElement>("/api/lessons/songs")).GetProperty("conflicts").EnumerateArray());
    }

    [Fact]
    public async Task A_school_that_has_the_lesson_on_its_own_network_takes_it_from_there()
    {
        await using LiveRelay relay = await LiveRelay.StartAsync();
        await relay.PostAsync("/api/lessons", BodyFrom(new() { ["valley"] = "udp://239.1.2.3:5000", ["*"] = "satip://receiver:554/?freq=11494" }));
        Assert.Equal(("udp://239.1.2.3:5000", "satip://receiver:554/?freq=11494"), (Planned(relay, "valley", "fractions").Source, Planned(relay, "hill", "fractions").Source));
        using HttpResponseMessage file = await relay.Http.PostAsJsonAsync("/api/lessons", BodyFrom(new() { ["valley"] = "file:///etc/passwd" }));
        Assert.Equal(HttpStatusCode.BadRequest, file.StatusCode);
        await ScheduleAsync(relay, "fractions", Eight, "3A", null, null);
        Assert.Null(Planned(relay, "valley", "fractions").Source);
    }

    private static object BodyFrom(Dictionary<string, string> boxSources) =>
        new { id = "fractions", title = new { en = "Fractions" }, @class = "3A", subject = "maths", start = Eight, duration = TimeSpan.FromMinutes(45), boxSources };

    private static PlannedLesson Planned(LiveRelay relay, string school, string id) => relay.Get<LessonStore>().LessonsOf(school).Single(lesson => lesson.Id == id);

    private static Task<JsonElement> ScheduleAsync(LiveRelay relay, string id, DateTimeOffset start, string @class, string? school, Dictionary<string, DateTimeOffset>? bells) =>
        relay.PostAsync("/api/lessons", Body(id, start, @class, school, bells));

    private static object Body(string id, DateTimeOffset start, string @class, string? school, Dictionary<string, DateTimeOffset>? bells) => new
    {
        id,
        title = new { en = id },
        @class,
        subject = "maths",
        start,
        duration = TimeSpan.FromMinutes(45),
        schools = school is null ? (ImmutableArray<string>?)null : [school],
        bells,
    };
}
