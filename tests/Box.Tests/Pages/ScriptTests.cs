using System.Diagnostics;
using System.IO.Compression;
using System.Text.RegularExpressions;
using TestKit.Processes;
using Xunit;

namespace Edge.Box.Tests.Pages;

/// <summary>What old phones and thin networks allow: scripts that a browser of 2015 can read, and small files.</summary>
public sealed partial class ScriptTests
{
    private static readonly string Root = Path.Combine(Repository.Root, "edge", "Box", "wwwroot");

    public static TheoryData<string> Scripts => [.. Directory.EnumerateFiles(Path.Combine(Root, "js")).Select(path => Path.GetFileName(path))];

    [Theory, MemberData(nameof(Scripts))]
    public async Task Our_scripts_are_ES5(string name)
    {
        string acorn = Path.Combine(Repository.Root, "edge", "Box", "node_modules", "acorn", "bin", "acorn");
        using Process node = Process.Start(new ProcessStartInfo("node", [acorn, "--ecma5", "--silent", Path.Combine(Root, "js", name)]) { RedirectStandardError = true })!;
        string trouble = await node.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await node.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(node.ExitCode == 0, trouble);
    }

    [Theory]
    [InlineData("js/box.js", 6)]
    [InlineData("css/box.css", 10)]
    [InlineData("js/lesson.js", 10)]
    public void They_stay_small_in_gzip(string name, int mostKilobytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
            gzip.Write(File.ReadAllBytes(Path.Combine(Root, name)));
        Assert.True(packed.Length <= mostKilobytes * 1000, $"{name} is {packed.Length} bytes in gzip");
    }

    [Fact]
    public void The_style_sheet_has_nothing_that_old_engines_drop_whole_rules_for_and_loads_nothing()
    {
        string css = Comment().Replace(File.ReadAllText(Path.Combine(Root, "css", "box.css")), "");
        Assert.DoesNotMatch(@":(is|where|has)\(|@import|url\(|display: *grid", css);
    }

    [Fact]
    public void Nothing_of_ours_names_an_address_outside()
    {
        foreach (string path in Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories))
        {
            string text = Namespaces().Replace(File.ReadAllText(path), "");
            Assert.False(text.Contains("http://", StringComparison.Ordinal) || text.Contains("https://", StringComparison.Ordinal), path);
        }
    }

    [GeneratedRegex(@"/\*.*?\*/", RegexOptions.Singleline)]
    private static partial Regex Comment();

    // The name of the SVG vocabulary; nobody fetches it.
    [GeneratedRegex(@"http://www\.w3\.org/2000/svg")]
    private static partial Regex Namespaces();
}
