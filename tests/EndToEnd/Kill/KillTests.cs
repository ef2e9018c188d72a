using System.Security.Cryptography;
using System.Text.Json;
using EndToEnd.World;
using Xunit;

namespace EndToEnd.Kill;

/// <summary>What a day of <c>kill -9</c> leaves. All tests look at the same day.</summary>
public sealed class KillTests(KillCampaign day) : IClassFixture<KillCampaign>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Said_yes_kept_every_answer_is_at_the_relay_exactly_once_and_in_order()
    {
        Promise[] promised = [.. day.Promises.OrderBy(promise => promise.Number)];
        Assert.True(promised.Length > day.Wanted, $"only {promised.Length} answers were given: no day to judge by. {day.Evidence}");
        // One name, one number: a post that was repeated is the same item.
        Assert.Equal(promised.Length, promised.Select(promise => promise.Number).Distinct().Count());
        AssertSame(promised.Select(promise => $"{promise.Id} {promise.Text}"),
            day.Arrived.Select(item => $"{item.GetProperty("id").GetString()} {item.GetProperty("content").GetString()}"));
    }

    [Fact]
    public void Said_yes_kept_every_reply_of_staff_is_at_the_box_exactly_once()
    {
        JsonElement[] answered = [.. day.Arrived.Where(item => item.GetProperty("state").GetString() == "Answered")];
        Assert.True(answered.Length > 5, $"only {answered.Length} replies. {day.Evidence}");
        AssertSame(answered.Select(item => $"{item.GetProperty("id").GetString()} {item.GetProperty("reply").GetString()}"),
            answered.Select(item => $"{item.GetProperty("id").GetString()} {string.Join('|', day.Questions[item.GetProperty("id").GetString()!].GetProperty("answers").EnumerateArray())}"));
    }

    [Fact]
    public async Task Whole_or_not_at_all_the_pack_was_a_whole_version_at_every_look_and_is_the_last_one_now()
    {
        Assert.True(day.Reader.Reads > 10, $"only {day.Reader.Reads} files were read. {day.Evidence}");
        Assert.True(day.Press.Versions.Count > 2, $"only {day.Press.Versions.Count} versions. {day.Evidence}");
        await day.Reader.ReadAsync(Token);
        Assert.Equal(day.Press.Published, await day.Reader.ShownAsync(Token));
    }

    [Fact]
    public async Task Unplug_at_any_instant_the_recording_is_byte_for_byte_what_the_relay_has()
    {
        JsonElement lesson = await day.Relay.GetAsync($"/api/lessons/{KillCampaign.Lesson}", Token);
        long segments = lesson.GetProperty("segments").GetInt64();
        Assert.True(segments > KillCampaign.LeastSegments, $"only {segments} segments. {day.Evidence}");
        using var relays = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long bytes = 0;
        for (long n = 0; n < segments; n++)
        {
            byte[] segment = await File.ReadAllBytesAsync(Path.Combine(day.Relay.Folder, "live", KillCampaign.Lesson, $"{n}.ts"), Token);
            relays.AppendData(segment);
            bytes += segment.Length;
        }
        byte[] recording = await day.Box.Http.GetByteArrayAsync($"/live/{KillCampaign.Lesson}/recording.ts", Token);
        Assert.True(bytes == recording.Length, $"{bytes} bytes at the relay in {segments} segments, {recording.Length} at the box. {day.Evidence}");
        Assert.Equal(relays.GetHashAndReset(), SHA256.HashData(recording));
        Assert.Equal(recording, await File.ReadAllBytesAsync(Path.Combine(day.Box.Folder, "live", KillCampaign.Lesson, "media.ts"), Token));
        string playlist = await day.Box.Http.GetStringAsync($"/live/{KillCampaign.Lesson}/index.m3u8", Token);
        Assert.Contains("#EXT-X-ENDLIST", playlist, StringComparison.Ordinal);
        Assert.Equal(segments, playlist.Split('\n').Count(line => line.EndsWith(".ts", StringComparison.Ordinal)));
    }

    [Fact]
    public void Unplug_at_any_instant_box_and_relay_came_up_after_every_blow()
    {
        TestContext.Current.TestOutputHelper?.WriteLine(day.Summary);
        Assert.True(day.Kills >= day.Wanted);
        Assert.True(day.Box.Running && day.Relay.Running, day.Evidence);
    }

    private void AssertSame(IEnumerable<string> expected, IEnumerable<string> actual)
    {
        string[] promised = [.. expected];
        string[] held = [.. actual];
        string[] lost = [.. promised.Except(held)];
        string[] foreign = [.. held.Except(promised)];
        string[] doubled = [.. held.GroupBy(item => item).Where(item => item.Count() > 1).Select(item => item.Key)];
        Assert.True(promised.SequenceEqual(held),
            $"{promised.Length} promised, {held.Length} held; lost: {string.Join(", ", lost.Take(5))}; not promised: {string.Join(", ", foreign.Take(5))}; doubled: {string.Join(", ", doubled.Take(5))}; "
            + $"else the order differs. {day.Evidence}");
    }
}
