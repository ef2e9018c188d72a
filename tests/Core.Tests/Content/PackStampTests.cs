using CsCheck;
using Edge.Core.Content;
using Xunit;

namespace Edge.Core.Tests.Content;

public sealed class PackStampTests
{
    [Fact]
    public void Every_state_reads_back_from_its_text() => Gen.Select(Gen.Long[1, long.MaxValue], Gen.Long[0, long.MaxValue]).Sample((version, layer) =>
        Assert.True(PackStamp.TryParse(new PackStamp(version, layer).ToString(), out PackStamp read) && read == new PackStamp(version, layer)));

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("01")]
    [InlineData("1.0")]
    [InlineData("1.")]
    [InlineData(".1")]
    [InlineData("1.2.3")]
    [InlineData("-1")]
    [InlineData("1 ")]
    [InlineData("９")]
    [InlineData("9223372036854775808")]
    public void A_state_has_one_spelling(string text) => Assert.False(PackStamp.TryParse(text, out _));

    [Theory]
    [InlineData("a.mp4", FileShow.Video)]
    [InlineData("a.ts", FileShow.Save)]
    [InlineData("a.mp3", FileShow.Audio)]
    [InlineData("a.svg", FileShow.Picture)]
    [InlineData("a.pdf", FileShow.Pdf)]
    [InlineData("a.html", FileShow.Tool)]
    [InlineData("a.txt", FileShow.Text)]
    [InlineData("a.js", FileShow.Save)]
    [InlineData("a.pptx", FileShow.Save)]
    [InlineData("a", FileShow.Save)]
    public void Open_formats_show_and_others_are_saved(string path, FileShow show)
    {
        (string type, FileKind kind) = MediaTypes.Of(path);
        Assert.Equal(show, FileShows.Of(new PackFile(path, type, kind, 10, default)));
    }

    [Fact]
    public void A_long_text_is_saved()
    {
        var file = new PackFile("a.txt", "text/plain; charset=utf-8", FileKind.Document, FileShows.MaxTextBytes, default);
        Assert.Equal(FileShow.Text, FileShows.Of(file));
        Assert.Equal(FileShow.Save, FileShows.Of(file with { LengthBytes = FileShows.MaxTextBytes + 1 }));
    }
}
