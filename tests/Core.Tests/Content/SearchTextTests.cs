using CsCheck;
using Edge.Core.Content;
using Xunit;

namespace Edge.Core.Tests.Content;

public class SearchTextTests
{
    [Theory]
    [InlineData("Fractions, part 2", "fractions|part|2")]
    [InlineData("分数", "分|数|分数")]
    [InlineData("数学3年级", "数|学|数学|3|年|级|年级")]
    [InlineData("ＡＢＣ École", "abc|ecole")]
    [InlineData("བོད་ཡིག", "བོད|ཡིག")]
    [InlineData("  .,;!  ", "")]
    public void Text_is_cut_into_the_terms_by_which_it_is_found(string text, string terms) =>
        Assert.Equal(terms, string.Join('|', SearchText.Terms(text)));

    [Theory]
    [InlineData("分", "分")]
    [InlineData("分数", "分数")]
    [InlineData("分数课 Frac", "分数|数课|frac*")]
    [InlineData("\"title\" OR more:*", "title*|or*|more*")]
    public void A_question_asks_for_pairs_and_for_words_that_may_go_on(string query, string wanted) =>
        Assert.Equal(wanted, string.Join('|', SearchText.Wanted(query).Select(term => term.Prefix ? term.Term + "*" : term.Term)));

    [Fact]
    public void Every_part_of_a_text_finds_it() => Gen.String[0, 30].Sample(text =>
    {
        HashSet<string> terms = [.. SearchText.Terms(text)];
        foreach ((string term, bool prefix) in SearchText.Wanted(text))
            Assert.True(terms.Contains(term) || prefix && terms.Any(other => other.StartsWith(term, StringComparison.Ordinal)), $"{term} of {text}");
    });

    [Fact]
    public void Any_text_gives_bounded_terms_of_letters_and_digits_only() => Gen.String[0, 300].Sample(text =>
    {
        Assert.All(SearchText.Terms(text), term => Assert.DoesNotContain(term, character => character < 128 && !char.IsAsciiLetterOrDigit(character)));
        Assert.All(SearchText.Terms(text), term => Assert.InRange(term.Length, 1, SearchText.MaxTermLength));
        Assert.InRange(SearchText.Wanted(text).Count, 0, SearchText.MaxQueryTerms);
        _ = SearchText.SortKey(text);
    });

    [Fact]
    public void Texts_stand_in_the_order_of_their_numbers() =>
        Assert.Equal(["Grade 2", "grade 10", "第2课", "第10课"], ((string[])["第10课", "grade 10", "第2课", "Grade 2"]).OrderBy(SearchText.SortKey, StringComparer.Ordinal));
}
