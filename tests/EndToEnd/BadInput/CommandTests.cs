using TestKit.Processes;
using Xunit;

namespace EndToEnd.BadInput;

/// <summary>What staff mistype or hand over by mistake: one clear line, an exit code, and nothing changed.</summary>
public sealed class CommandTests(BadInputSchool given) : IClassFixture<BadInputSchool>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("pack", "publish", "book")]
    [InlineData("pack", "bild", ".")]
    [InlineData("box", "claim")]
    [InlineData("nonsense")]
    [InlineData("pack", "publish", "book", "--to", "all", "--priority", "high")]
    [InlineData("pack", "diff", "book@1")]
    [InlineData("pack", "diff", "book@1", "book@1", "book@1")]
    public async Task Wrong_use_ends_with_2_and_changes_nothing(params string[] arguments)
    {
        string before = await given.StateAsync(Token);
        (int exitCode, _, string error) = await given.School.Relay.RunAsync(Token, arguments);
        Assert.Equal(2, exitCode);
        Assert.Contains("--help", error, StringComparison.Ordinal);
        Assert.Equal(before, await given.StateAsync(Token));
    }

    [Theory]
    [InlineData("there is no school nowhere", "pack", "publish", "book", "--to", "nowhere")]
    [InlineData("there is no pack cook", "pack", "publish", "cook", "--to", "all")]
    [InlineData("there is no pack book@99", "pack", "publish", "book@99", "--to", "all")]
    [InlineData("is no due time", "pack", "publish", "book", "--to", "all", "--due", "whenever")]
    [InlineData("no such", "pack", "withdraw", "cook")]
    [InlineData("there is no pack book@99", "pack", "diff", "book@1", "book@99")]
    [InlineData("there is no pack cook@1", "pack", "diff", "cook@1", "book@1", "--json")]
    [InlineData("book@newest is not PACK@VERSION", "pack", "diff", "book@1", "book@newest")]
    [InlineData("pack.json", "pack", "diff", "book@1", "/proc/self/fdinfo")]
    [InlineData("no such box", "box", "revoke", "b0000000000")]
    [InlineData("is no time", "lesson", "schedule", "--title", "x", "--start", "soon")]
    [InlineData("schools are named by their ids", "lesson", "schedule", "--title", "x", "--school", "../x")]
    [InlineData("no such lesson", "lesson", "end", "lesson-9")]
    public async Task What_cannot_be_done_ends_with_1_says_why_and_changes_nothing(string why, params string[] arguments)
    {
        string before = await given.StateAsync(Token);
        (int exitCode, string output, string error) = await given.School.Relay.RunAsync(Token, arguments);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains(why, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.Equal(before, await given.StateAsync(Token));
    }

    [Theory]
    [InlineData("link", "link.txt")]
    [InlineData("folder-link", "outside")]
    [InlineData("backslash", "notes\\..\\escape.txt")]
    [InlineData("description", "../escape.txt")]
    [InlineData("control", "bell")]
    public async Task A_folder_that_leads_out_of_itself_makes_no_pack_and_the_file_is_named(string trap, string named)
    {
        string before = await given.StateAsync(Token);
        string folder = given.School.Folder[$"trap-{trap}"];
        given.School.Folder.Write($"trap-{trap}/good.txt", "good");
        string description = """{"id":"trap","title":{"en":"Trap"}}""";
        switch (trap)
        {
            case "link":
                File.CreateSymbolicLink(Path.Combine(folder, "link.txt"), "/etc/hostname");
                break;
            case "folder-link":
                Directory.CreateSymbolicLink(Path.Combine(folder, "outside"), "/etc");
                break;
            case "backslash":
                given.School.Folder.Write($"trap-{trap}/notes\\..\\escape.txt", "x");
                break;
            case "description":
                description = """{"id":"trap","title":{"en":"Trap"},"files":{"../escape.txt":{"kind":"Document"}}}""";
                break;
            default:
                given.School.Folder.Write($"trap-{trap}/bell\a.txt", "x");
                break;
        }
        given.School.Folder.Write($"trap-{trap}/pack.json", description);
        (int exitCode, string output, string error) = await given.School.Relay.RunAsync(Token, "pack", "build", folder);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains(named, error, StringComparison.Ordinal);
        Assert.Equal(before, await given.StateAsync(Token));
    }

    [Fact]
    public async Task A_relay_that_is_not_there_and_a_key_that_is_wrong_are_told_in_one_line()
    {
        (int exitCode, _, string error) = await given.School.Relay.RunAsync(Token, "box", "list", "--relay", $"http://127.0.0.1:{FreePort.Take()}");
        Assert.Equal((1, 1), (exitCode, error.Trim().Split('\n').Length));
        (exitCode, _, error) = await given.School.Relay.RunAsync(Token, "box", "list", "--key-file", given.School.Folder.Write("wrong.key", "wrong"));
        Assert.Equal((1, 1), (exitCode, error.Trim().Split('\n').Length));
        (exitCode, _, error) = await given.School.Relay.RunAsync(Token, "box", "list", "--key-file", given.School.Folder["missing.key"]);
        Assert.Equal(1, exitCode);
        Assert.Contains("missing.key", error, StringComparison.Ordinal);
    }
}
