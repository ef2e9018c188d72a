using System.Text;
using CsCheck;
using Edge.Core.Learning;
using Xunit;

namespace Edge.Core.Tests.Learning;

public sealed class ChoiceItemTests
{
    private const string Item = """
        <?xml version="1.0" encoding="UTF-8"?>
        <qti-assessment-item xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0" identifier="i" title="Compare">
          <qti-response-declaration identifier="RESPONSE" cardinality="single" base-type="identifier">
            <qti-correct-response><qti-value>B</qti-value></qti-correct-response>
          </qti-response-declaration>
          <qti-item-body><qti-choice-interaction response-identifier="RESPONSE" max-choices="1">
            <qti-prompt>Which is
               the largest?</qti-prompt>
            <qti-simple-choice identifier="A">1/2</qti-simple-choice>
            <qti-simple-choice identifier="B"><b>3</b>/4</qti-simple-choice>
          </qti-choice-interaction></qti-item-body>
          <qti-response-processing template="https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/match_correct.xml"/>
        </qti-assessment-item>
        """;

    [Fact]
    public void A_choice_item_is_read_and_marked()
    {
        ChoiceItem item = Read(Item)!;
        Assert.Equal(("Compare", "Which is the largest?", false), (item.Title, item.Prompt, item.Several));
        Assert.Equal([new ChoiceOption("A", "1/2"), new ChoiceOption("B", "3/4")], item.Options);
        Assert.True(item.IsCorrect(["B"]));
        Assert.False(item.IsCorrect(["A"]));
        Assert.False(item.IsCorrect(["A", "B"]));
        Assert.False(item.IsCorrect([]));
    }

    [Fact]
    public void With_several_right_ones_all_must_be_chosen_and_no_other()
    {
        ChoiceItem item = Read(Item.Replace("cardinality=\"single\"", "cardinality=\"multiple\"").Replace("<qti-value>B</qti-value>", "<qti-value>B</qti-value><qti-value>A</qti-value>"))!;
        Assert.True(item.Several);
        Assert.True(item.IsCorrect(["A", "B"]));
        Assert.False(item.IsCorrect(["B"]));
    }

    [Theory]
    [InlineData("qti-choice-interaction", "qti-order-interaction")]
    [InlineData("match_correct.xml", "map_response.xml")]
    [InlineData("<qti-value>B</qti-value>", "<qti-value>Z</qti-value>")]
    [InlineData("identifier=\"B\"", "identifier=\"A\"")]
    [InlineData("qti-assessment-item", "html")]
    public void What_we_cannot_mark_is_refused(string part, string changed) => Assert.Null(Read(Item.Replace(part, changed)));

    [Fact]
    public void Entities_and_documents_type_declarations_are_refused() =>
        Assert.Null(Read("""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>"""));

    [Fact]
    public void Garbage_and_every_cut_are_refused_without_a_crash()
    {
        byte[] bytes = Encoding.UTF8.GetBytes(Item);
        for (int length = 0; length < bytes.Length - 1; length += 7)
            Assert.Null(ChoiceItem.Read(new MemoryStream(bytes, 0, length)));
        Gen.Byte.Array[0, 300].Sample(garbage => ChoiceItem.Read(new MemoryStream(garbage)) is null);
    }

    private static ChoiceItem? Read(string xml) => ChoiceItem.Read(new MemoryStream(Encoding.UTF8.GetBytes(xml)));
}
