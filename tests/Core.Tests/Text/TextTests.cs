using System.Text;
using System.Text.Json;
using Edge.Core.Text;
using Xunit;

namespace Edge.Core.Tests.Text;

public sealed class TextTests
{
    private static readonly Texts Words = new(
    [
        KeyValuePair.Create("en", Encoding.UTF8.GetBytes("""{"hello":"Hello {0}","only":"Only English"}""")),
        KeyValuePair.Create("zh-Hans", Encoding.UTF8.GetBytes("""{"hello":"你好 {0}"}""")),
    ]);

    [Theory]
    [InlineData("en", "Hello 3A")]
    [InlineData("zh-Hans", "你好 3A")]
    [InlineData("bo", "你好 3A")]
    [InlineData("ii", "你好 3A")]
    public void Readers_of_Tibetan_and_Yi_get_Chinese_until_their_words_come(string language, string text) => Assert.Equal(text, Words.Format(language, "hello", "3A"));

    [Fact]
    public void A_key_that_one_language_lacks_comes_from_another_and_one_that_all_lack_shows_itself()
    {
        Assert.Equal("Only English", Words.Get("zh-Hans", "only"));
        Assert.Equal("nowhere", Words.Get("en", "nowhere"));
    }

    [Fact]
    public void A_locale_file_that_is_no_flat_table_is_refused() =>
        Assert.ThrowsAny<JsonException>(() => new Texts([KeyValuePair.Create("en", "{\"a\":"u8.ToArray())]));

    [Theory]
    [InlineData("en-GB,en;q=0.9", "en")]
    [InlineData("bo-CN,zh;q=0.8", "zh-Hans")]
    [InlineData("fr,de", "zh-Hans")]
    [InlineData(null, "zh-Hans")]
    public void The_phones_language_is_taken_where_it_is_offered(string? header, string language) => Assert.Equal(language, Languages.Choose(header, Words.Offered));

    [Fact]
    public void A_local_text_survives_JSON_and_falls_back()
    {
        LocalText text = LocalText.Of("zh-Hans", "分数").And("en", "Fractions").And("bo", "ཆ་གྲངས");
        LocalText? read = JsonSerializer.Deserialize<LocalText>(JsonSerializer.Serialize(text));
        Assert.Equal(text, read);
        Assert.Equal("ཆ་གྲངས", read!.In("bo"));
        Assert.Equal("分数", read.In("ii"));
        Assert.Equal("", new LocalText(read.Texts.Clear()).In("en"));
    }
}
