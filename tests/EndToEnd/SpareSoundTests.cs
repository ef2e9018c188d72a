using System.Text.Json;
using EndToEnd.World;
using Microsoft.Playwright;
using TestKit.Disk;
using TestKit.Live;
using Xunit;

namespace EndToEnd;

/// <summary>C018 as staff and the teacher see it: a camera without sound, a spare that stands in, in a real browser on the real relay.</summary>
public sealed class SpareSoundTests : IAsyncDisposable
{
    private const string Lesson = "lesson-1";

    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Staff_tick_the_spare_see_its_level_and_what_happened_and_the_teacher_is_warned()
    {
        await using var relay = new RelayNode(_folder["relay"], new Dictionary<string, string>(Quick.Relay) { ["Ladder__Rungs"] = "" });
        await relay.StartAsync(Token);
        JsonElement scheduled = await relay.CliAsync(Token, "lesson", "schedule", "--id", Lesson, "--title", "Fractions", "--class", "3A");
        await using Browser browser = await Browser.StartAsync();
        await using Visit staff = await browser.VisitAsync(relay.Console);
        await staff.Page.GotoAsync($"/login?key={relay.StaffKey}");
        await staff.Page.GotoAsync($"/lessons/{Lesson}");
        await staff.Page.Locator("#cameras details:has([name=id]) summary").ClickAsync();
        await staff.Page.Locator("#camera-id").FillAsync("room");
        await staff.Page.Locator("#camera-name").FillAsync("Room microphone");
        await staff.Page.Locator("#cameras [name=spare]").CheckAsync();
        await staff.Page.Locator("#cameras form.fields button").ClickAsync();
        await Assertions.Expect(staff.Page.Locator("#cameras").GetByText("Spare sound", new LocatorGetByTextOptions { Exact = true })).ToBeVisibleAsync();

        JsonElement room = (await relay.CliAsync(Token, "lesson", "camera", "list", Lesson)).EnumerateArray().Single(camera => camera.GetProperty("id").GetString() == "room");
        await using LiveEncoder picture = await LiveEncoder.StartAsync(sound: false, To(relay, scheduled.GetProperty("ingest").GetString()!));
        await using LiveEncoder sound = await LiveEncoder.StartSoundAsync("sine=frequency=880:sample_rate=48000", To(relay, room.GetProperty("ingest").GetString()!));

        // The page renews itself: nobody reloads it.
        await VisibleAsync(staff.Page.GetByText("Classes hear this spare"));
        await VisibleAsync(staff.Page.GetByText("Sound comes"));
        await VisibleAsync(staff.Page.GetByText("No sound came; classes hear “Room microphone”."));
        await VisibleAsync(staff.Page.Locator("#cameras meter").First);
        double level = double.Parse((await staff.Page.Locator("#cameras meter").First.GetAttributeAsync("value"))!, System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(level, -40, -10);
        Assert.Equal(360, await staff.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"));

        await using Visit teacher = await browser.VisitAsync(relay.Console);
        await teacher.Page.GotoAsync(scheduled.GetProperty("teach").GetString()!);
        await VisibleAsync(teacher.Page.GetByText("Your microphone is not heard."));
        JsonElement happened = Assert.Single((await relay.CliAsync(Token, "lesson", "events", Lesson)).EnumerateArray());
        Assert.Equal(("Lost", "room"), (happened.GetProperty("sound").GetString(), happened.GetProperty("camera").GetString()));
        Assert.Empty(staff.Errors.Concat(teacher.Errors).Concat(staff.Foreign).Concat(teacher.Foreign));
    }

    private static Task VisibleAsync(ILocator what) => Assertions.Expect(what).ToBeVisibleAsync(new LocatorAssertionsToBeVisibleOptions { Timeout = 40_000 });

    private static string[] To(RelayNode relay, string ingest) => ["-f", "mpegts", "-method", "POST", new Uri(relay.Console, ingest).ToString()];
}
