using CsCheck;
using Edge.Core.Feedback;
using Xunit;

namespace Edge.Core.Tests.Feedback;

public class LikenessTests
{
    // Few letters, so that texts are often alike; and any string at all, half surrogates included.
    private static readonly Gen<string> Text = Gen.OneOf(Gen.String[Gen.Char["为什么要通分ab ？"], 0, 9], Gen.String);

    [Fact]
    public void A_text_is_like_itself() => Text.Sample(text => Likeness.Percent(text, text) == 100);

    [Fact]
    public void Likeness_is_the_same_both_ways() =>
        Gen.Select(Text, Text).Sample((one, other) => Likeness.Percent(one, other) == Likeness.Percent(other, one) && Likeness.Percent(one, other) is >= 0 and <= 100);

    [Fact]
    public void The_order_of_texts_does_not_change_the_groups() => Gen.Select(Text.Array[0, 12], Gen.Int).Sample((texts, seed) =>
    {
        string[] mixed = [.. texts];
        new Random(seed).Shuffle(mixed);
        return Words(texts).SequenceEqual(Words(mixed));
    });

    [Fact]
    public void Each_text_is_in_one_group_at_most() => Text.Array[0, 12].Sample(texts =>
    {
        int[] grouped = [.. Likeness.Groups(texts).SelectMany(group => group)];
        return grouped.Distinct().Count() == grouped.Length && grouped.All(place => place >= 0 && place < texts.Length) && Likeness.Groups(texts).All(group => group.Length > 1);
    });

    [Theory]
    [InlineData("为什么要先通分？", "为什么 要先通分", true)]
    [InlineData("为什么要先通分？", "老师，为什么要先通分呢？", true)]
    [InlineData("为什么要先通分？", "这首歌是谁写的？", false)]
    [InlineData("Why do we need a common denominator?", "why do we need the common denominator", true)]
    [InlineData("Why do we need a common denominator?", "Who wrote this song?", false)]
    [InlineData("１／２是多少", "1/2是多少？", true)]
    [InlineData("？", "？？！", true)]
    [InlineData("是", "不", false)]
    public void People_find_alike_what_it_finds_alike(string one, string other, bool alike) =>
        Assert.Equal(alike, Likeness.Percent(one, other) >= Likeness.AlikePercent);

    [Fact]
    public void A_school_full_of_questions_falls_into_its_groups()
    {
        string[] texts = ["为什么要先通分？", "这首歌是谁写的？", "老师为什么要先通分？", "这首歌谁写的？", "今天有作业吗？", "为什么要先通分"];
        Assert.Equal([[0, 2, 5], [1, 3]], Likeness.Groups(texts).Select(group => group.ToArray()));
    }

    private static IEnumerable<string> Words(string[] texts) =>
        Likeness.Groups(texts).Select(group => string.Join('|', group.Select(place => texts[place]).Order(StringComparer.Ordinal))).Order(StringComparer.Ordinal);
}
