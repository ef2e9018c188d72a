using CsCheck;
using Edge.Core.Identity;
using Xunit;

namespace Edge.Core.Tests.Identity;

public sealed class NameTests
{
    [Theory]
    [InlineData("baiyun", true)]
    [InlineData("a", true)]
    [InlineData("3a-maths", true)]
    [InlineData("", false)]
    [InlineData("-a", false)]
    [InlineData("A", false)]
    [InlineData("a/b", false)]
    [InlineData("..", false)]
    [InlineData("白云", false)]
    [InlineData(null, false)]
    public void Slugs_are_lower_case_letters_digits_and_hyphens(string? text, bool valid) => Assert.Equal(valid, Slug.IsValid(text));

    [Fact]
    public void A_slug_has_at_most_64_symbols()
    {
        Assert.True(Slug.IsValid(new string('a', 64)));
        Assert.False(Slug.IsValid(new string('a', 65)));
    }

    [Theory]
    [InlineData("Baiyun Primary School", "baiyun-primary-school")]
    [InlineData("  St. Mary's ", "st-mary-s")]
    [InlineData("白云小学", null)]
    public void A_name_gives_a_slug_if_it_has_latin_letters(string name, string? slug) => Assert.Equal(slug, Slug.From(name));

    [Fact]
    public void Whatever_a_slug_is_made_from_it_is_valid_or_null() =>
        Gen.String.Sample(name => Slug.From(name) is not { } slug || Slug.IsValid(slug));

    [Fact]
    public void Box_ids_are_read_back_and_nothing_else_is()
    {
        BoxId id = BoxId.New();
        Assert.True(BoxId.TryParse(id.ToString(), out BoxId read));
        Assert.Equal(id, read);
        Assert.False(BoxId.TryParse(id.ToString().ToUpperInvariant(), out _));
        Assert.False(BoxId.TryParse(id + "x", out _));
        Assert.False(BoxId.TryParse("b/../../etc", out _));
        Assert.False(BoxId.TryParse("b+#+#+#+#+#", out _));
    }

    [Fact]
    public void A_claim_code_is_read_however_it_is_typed()
    {
        string code = ClaimCode.New();
        Assert.Matches("^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$", code);
        Assert.Equal(code, ClaimCode.Normalise(code));
        Assert.Equal(code, ClaimCode.Normalise(" " + code.ToLowerInvariant().Replace("-", " ") + " "));
        Assert.Equal(code, ClaimCode.Normalise(code.Replace('0', 'O').Replace('1', 'l')));
    }

    [Fact]
    public void One_wrong_symbol_in_a_claim_code_is_always_noticed()
    {
        const string symbols = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        string code = ClaimCode.New();
        for (int i = 0; i < code.Length; i++)
        {
            if (code[i] == '-')
                continue;
            foreach (char other in symbols.Where(symbol => symbol != code[i]))
                Assert.Null(ClaimCode.Normalise(code[..i] + other + code[(i + 1)..]));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("1234")]
    [InlineData("AAAA-AAAA-AAAA")]
    [InlineData("ÄÄÄÄ-ÄÄÄÄ")]
    public void What_is_no_claim_code_is_refused(string? typed) => Assert.Null(ClaimCode.Normalise(typed));
}
