using System.Collections.Immutable;
using System.Text;
using Edge.Core.Learning;
using Xunit;

namespace Edge.Core.Tests.Learning;

public class CueSheetTests
{
    [Fact]
    public void Cue_points_are_read_in_the_order_of_their_seconds()
    {
        ImmutableArray<Cue> cues = Read("""
            [{ "at": 40, "kind": "practice", "title": { "en": "Compare" }, "item": "exercises/compare.xml", "card": { "en": "Ask two pupils." } },
             { "at": 0, "kind": "Listening", "title": { "zh-Hans": "听" } }]
            """)!.Value;
        Assert.Equal([(0, CueKind.Listening), (40, CueKind.Practice)], cues.Select(cue => (cue.At, cue.Kind)));
        Assert.Equal(("exercises/compare.xml", "Ask two pupils."), (cues[1].Item, cues[1].Card!.In("en")));
    }

    [Theory]
    [InlineData(-1, -1)]
    [InlineData(9.9, -1)]
    [InlineData(10, 0)]
    [InlineData(39.9, 0)]
    [InlineData(40, 1)]
    [InlineData(9999, 1)]
    public void The_cue_point_of_a_second_is_the_last_that_has_begun(double second, int place) => Assert.Equal(place,
        CueSheet.PlaceAt(Read("""[{ "at": 10, "kind": "listening", "title": { "en": "a" } }, { "at": 40, "kind": "test", "title": { "en": "b" } }]""")!.Value, TimeSpan.FromSeconds(second)));

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[null]")]
    [InlineData("""[{ "at": -1, "kind": "listening", "title": { "en": "a" } }]""")]
    [InlineData("""[{ "at": 0, "kind": "dancing", "title": { "en": "a" } }]""")]
    [InlineData("""[{ "at": 0, "kind": "listening", "title": { } }]""")]
    [InlineData("""[{ "at": 0, "kind": "listening" }]""")]
    [InlineData("""[{ "at": 0, "kind": "listening", "title": { "en": "a" }, "item": "../secret" }]""")]
    public void What_is_no_cue_sheet_is_none(string json) => Assert.Null(Read(json));

    [Fact]
    public void A_sheet_has_up_to_200_cue_points()
    {
        string Sheet(int count) => "[" + string.Join(',', Enumerable.Range(0, count).Select(at => $$"""{ "at": {{at}}, "kind": "test", "title": { "en": "x" } }""")) + "]";
        Assert.NotNull(Read(Sheet(CueSheet.MaxCues)));
        Assert.Null(Read(Sheet(CueSheet.MaxCues + 1)));
    }

    private static ImmutableArray<Cue>? Read(string json) => CueSheet.Read(Encoding.UTF8.GetBytes(json));
}
