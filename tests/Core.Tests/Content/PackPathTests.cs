using System.Text;
using CsCheck;
using Edge.Core.Content;
using TestKit;
using Xunit;

namespace Edge.Core.Tests.Content;

public class PackPathTests
{
    [Theory]
    [InlineData("lesson.mp4")]
    [InlineData("video/第一课 分数.mp4")]
    [InlineData("བོད་ཡིག/དཔེ་དེབ།.pdf")]
    [InlineData("ꆈꌠꁱꂷ/1.html")]
    [InlineData("tool/index (1).html")]
    [InlineData("a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p")]
    [InlineData("《语文》三年级·上.pptx")]
    [InlineData("consol.txt")]
    [InlineData("com10.txt")]
    public void Names_that_schools_use_are_fine(string path) => Assert.Null(PackPath.Problem(path));

    [Theory]
    [InlineData("")]
    [InlineData("/etc/passwd")]
    [InlineData("..")]
    [InlineData("../up.txt")]
    [InlineData("a/../../up.txt")]
    [InlineData("a/./b")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("./a")]
    [InlineData(".hidden")]
    [InlineData("a/.git/config")]
    [InlineData("a\\b")]
    [InlineData("..\\up.txt")]
    [InlineData("C:/windows")]
    [InlineData("C:\\windows")]
    [InlineData("file.txt:stream")]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    [InlineData("a\u007fb")]
    [InlineData("a\u0085b")]
    [InlineData("a\u202egpj.exe")]
    [InlineData("a\u200bb")]
    [InlineData("a\u00a0b")]
    [InlineData("a\u2028b")]
    [InlineData("a\ue000b")]
    [InlineData("what?.html")]
    [InlineData("star*.html")]
    [InlineData("\"quoted\"")]
    [InlineData("<tag>")]
    [InlineData("a|b")]
    [InlineData(" lead.txt")]
    [InlineData("trail.txt ")]
    [InlineData("dot./b")]
    [InlineData("a/b.")]
    [InlineData("CON")]
    [InlineData("a/nul.txt")]
    [InlineData("Com1.tar.gz")]
    [InlineData("lpt9")]
    [InlineData("aux .txt")]
    [InlineData("a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q")]
    public void Attacks_and_traps_are_refused(string path) => Assert.NotNull(PackPath.Problem(path));

    [Fact]
    public void Half_a_character_is_refused() => Assert.NotNull(PackPath.Problem("a" + '\ud83d' + "b"));

    [Fact]
    public void Another_normal_form_is_refused() => Assert.NotNull(PackPath.Problem("e\u0301.txt"));

    [Fact]
    public void Parts_and_paths_end_at_their_bounds()
    {
        Assert.Null(PackPath.Problem(new string('a', PackPath.MaxPartBytes)));
        Assert.NotNull(PackPath.Problem(new string('a', PackPath.MaxPartBytes + 1)));
        Assert.NotNull(PackPath.Problem(new string('课', PackPath.MaxPartBytes / 3 + 1)));
        string parts = string.Join('/', Enumerable.Repeat(new string('a', 203), 5));
        Assert.Null(PackPath.Problem(parts + "/abcd"));
        Assert.NotNull(PackPath.Problem(parts + "/abcde"));
    }

    [Theory]
    [InlineData("a.txt", "A.TXT", true)]
    [InlineData("a", "a/b", true)]
    [InlineData("A/b", "a", true)]
    [InlineData("Ä.txt", "ä.txt", true)]
    [InlineData("a/b", "a/c", false)]
    [InlineData("a/b", "A/c", false)]
    [InlineData("ab", "a/b", false)]
    public void Names_that_collide_on_some_disks_are_found(string first, string second, bool clash) =>
        Assert.Equal(clash ? second : null, PackPath.FirstClash([first, second]));

    [Fact]
    public void What_is_allowed_stays_inside_its_folder_on_any_disk() =>
        Gen.String[0, 40].Sample(path =>
        {
            if (PackPath.Problem(path) is null)
            {
                Assert.StartsWith("/pack/", Path.GetFullPath("/pack/" + path), StringComparison.Ordinal);
                Assert.True(path.IsNormalized(NormalizationForm.FormC));
            }
        }, iter: Fuzz.Inputs);
}
