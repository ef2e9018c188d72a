using Edge.Box.Access;
using Edge.Box.Identity;
using Edge.Core.Content;
using Edge.Core.Feedback;
using Edge.Core.Text;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using TestKit.Disk;
using Xunit;

namespace Edge.Box.Tests.Access;

public sealed class ClassAccessTests : IDisposable
{
    private static readonly DateTimeOffset Begin = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);

    private static readonly SitePlan Plan = new(1, "school-1", LocalText.Of("en", "School"), [],
        [new PlannedLesson("maths-3a", LocalText.Of("en", "Fractions"), "3A", "maths", Begin, TimeSpan.FromMinutes(40), null, Live: true, LessonStage.Planned, [])]);

    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private DateTimeOffset? _now;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_seat_is_taken_with_the_PIN_and_what_the_phone_says_it_is_does_not_count()
    {
        using ClassAccess access = Open();
        Seat claimed = new("3A", 7, SeatRole.Pupil);
        Assert.Equal(claimed, access.Giver("phone", FeedbackKind.PollAnswer, claimed));
        string pin = (await access.SetPinAsync("3A"))!;
        Assert.Null(access.Giver("phone", FeedbackKind.PollAnswer, claimed));
        Assert.Equal(new Seat("3A", 0, SeatRole.Room), access.Giver(null, FeedbackKind.Question, claimed));
        Assert.Equal(claimed with { Class = "4B" }, access.Giver(null, FeedbackKind.PollAnswer, claimed with { Class = "4B" }));
        string wrong = pin == "0000" ? "1111" : "0000";
        Assert.Equal(PinVerdict.Wrong, (await access.JoinAsync("phone", "phone", "3A", 12, wrong, Token)).Verdict);
        Assert.Equal(PinVerdict.Right, (await access.JoinAsync("phone", "phone", "3a", 12, pin, Token)).Verdict);
        Assert.Equal(new Seat("3A", 12, SeatRole.Pupil), access.Giver("phone", FeedbackKind.PollAnswer, claimed));
        Assert.Null(access.Giver("other", FeedbackKind.Hand, claimed with { Number = 12 }));
    }

    [Fact]
    public async Task Who_is_in_stays_in_over_a_power_cut_and_guesses_and_a_phone_that_was_in_comes_in_again()
    {
        string pin;
        using (ClassAccess access = Open())
        {
            pin = (await access.SetPinAsync("3A"))!;
            await access.JoinAsync("phone", "phone", "3A", 12, pin, Token);
            for (int i = 0; i < 300; i++)
                await access.JoinAsync($"x{i}", $"x{i}", "3A", 1, "no", Token);
            Assert.Equal(PinVerdict.Spent, (await access.JoinAsync("new", "new", "3A", 1, pin, Token)).Verdict);
        }
        using ClassAccess again = Open();
        Assert.Equal(12, again.SeatOf("phone")!.Seat);
        await again.SignOutAllAsync("3A");
        Assert.Null(again.SeatOf("phone"));
        Assert.Equal(PinVerdict.Right, (await again.JoinAsync("phone", "phone", "3A", 13, pin, Token)).Verdict);
    }

    [Fact]
    public async Task Idle_time_and_the_end_of_the_lesson_sign_out()
    {
        using ClassAccess access = Open();
        string pin = (await access.SetPinAsync("3A"))!;
        await access.JoinAsync("phone", "phone", "3A", 12, pin, Token);
        _time.Advance(TimeSpan.FromMinutes(90));
        Assert.NotNull(access.SeatOf("phone"));
        _time.Advance(TimeSpan.FromMinutes(90) + TimeSpan.FromSeconds(1));
        Assert.Null(access.SeatOf("phone"));

        _now = Begin.AddMinutes(5);
        await access.JoinAsync("phone", "phone", "3A", 12, pin, Token);
        _now = Begin.AddMinutes(50);
        Assert.NotNull(access.SeatOf("phone"));
        _now = null;
        Assert.NotNull(access.SeatOf("phone"));
        _now = Begin.AddMinutes(50).AddSeconds(1);
        Assert.Equal(0, access.CountIn("3A"));
        Assert.Null(access.SeatOf("phone"));
    }

    [Fact]
    public async Task A_class_without_its_PIN_is_open_again_and_no_PIN_is_on_disk()
    {
        using ClassAccess access = Open();
        string pin = (await access.SetPinAsync("3A"))!;
        string kept = string.Concat(Directory.EnumerateFiles(_folder.Path).Select(File.ReadAllText));
        Assert.Contains("3A", kept, StringComparison.Ordinal);
        Assert.DoesNotContain($"\"{pin}\"", kept, StringComparison.Ordinal);
        await access.RemoveAsync("3A");
        Assert.False(access.HasPin("3A"));
        Assert.Null(await access.SetPinAsync(new string('x', 33)));
    }

    private ClassAccess Open() => new(new AccessPorts(_folder.Path, () => Plan, () => _now, HasButtons: true), Options.Create(new AccessOptions()), _time);
}
