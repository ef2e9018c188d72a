using System.Text;
using TestKit;
using Xunit;

namespace EndToEnd.BadInput;

/// <summary>Objects that rot on the relay's disk: the box refuses them, says so, keeps what it shows, and goes on once they are right again.</summary>
public sealed class DamagedContentTests(BadInputSchool given) : IClassFixture<BadInputSchool>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("changed volume")]
    [InlineData("short volume")]
    [InlineData("short manifest")]
    public async Task Whole_or_not_at_all_bytes_that_are_not_what_their_name_says_are_never_shown(string damage)
    {
        long former = given.Press.Published;
        HashSet<string> before = [.. Objects()];
        given.School.Box.CutLink();
        await given.Press.PublishAsync(Token);
        string[] fresh = [.. Objects().Except(before)];
        bool IsVolume(string path) => Encoding.ASCII.GetString(File.ReadAllBytes(path).AsSpan(0, 8)) == "EDGEVOL1";
        // Of a version's own objects the manifest is the one that names the others; here it is smaller than the index.
        string harmed = damage.EndsWith("volume", StringComparison.Ordinal) ? fresh.Single(IsVolume) : Path.Combine(Path.GetDirectoryName(fresh[0])!, "..", await ManifestAsync());
        byte[] whole = await File.ReadAllBytesAsync(harmed, Token);
        byte[] wrong = damage.StartsWith("short", StringComparison.Ordinal) ? whole[..(whole.Length / 2)] : [.. whole];
        wrong[wrong.Length / 2] ^= 1;
        given.School.Folder.Write(Path.GetRelativePath(given.School.Folder.Path, harmed), wrong);
        given.School.Box.JoinLink();
        await Eventually.Async(() => Task.FromResult(given.School.Box.Output.Contains($"Pack book version {given.Press.Published} cannot be completed now", StringComparison.Ordinal)
            || damage == "short volume" && given.School.Box.Output.Contains("Fetching stopped", StringComparison.Ordinal)), "the box says so", Token, evidence: () => given.School.Evidence);
        Assert.Equal(former, await given.Reader.ShownAsync(Token));
        await given.Reader.ReadAsync(Token);

        given.School.Folder.Write(Path.GetRelativePath(given.School.Folder.Path, harmed), whole);
        await given.ShowsAsync(given.Press.Published, Token);
        await given.Reader.ReadAsync(Token);
    }

    private async Task<string> ManifestAsync()
    {
        string manifest = (await given.School.Relay.GetAsync($"/api/packs/{given.Press.Pack}", Token)).GetProperty("manifest").GetString()!;
        return Path.Combine(manifest[..2], manifest);
    }

    private IEnumerable<string> Objects() => Directory.EnumerateFiles(Path.Combine(given.School.Relay.Folder, "content", "objects"), "*", SearchOption.AllDirectories);
}
