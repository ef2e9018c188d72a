using System.Collections.Immutable;
using System.Xml;
using System.Xml.Linq;
using Edge.Core.Content;
using Edge.Core.Iptv;
using Edge.Core.Text;
using Xunit;

namespace Edge.Core.Tests.Iptv;

public sealed class TvGuideTests
{
    private const string Site = "http://box.lan:8080";
    private static readonly TvWords English = new("en", "On air", "Coming", "Recordings of today");
    private static readonly DateTimeOffset Bell = DateTimeOffset.Parse("2026-03-02T08:00:00+08:00");

    /// <summary>The part of xmltv.dtd (0.5) that has to do with what we write; its order of elements and what must be there.</summary>
    private const string Dtd = """
        <!ELEMENT tv (channel*, programme*)>
        <!ATTLIST tv date CDATA #IMPLIED source-info-url CDATA #IMPLIED source-info-name CDATA #IMPLIED source-data-url CDATA #IMPLIED generator-info-name CDATA #IMPLIED generator-info-url CDATA #IMPLIED>
        <!ELEMENT channel (display-name+, icon*, url*)>
        <!ATTLIST channel id CDATA #REQUIRED>
        <!ELEMENT display-name (#PCDATA)>
        <!ATTLIST display-name lang CDATA #IMPLIED>
        <!ELEMENT url (#PCDATA)>
        <!ELEMENT programme (title+, sub-title*, desc*, credits?, date?, category*, keyword*, language?, orig-language?, length?, icon*, url*, country*, episode-num*, video?, audio?, previously-shown?, premiere?, last-chance?, new?, subtitles*, rating*, star-rating*, review*)>
        <!ATTLIST programme start CDATA #REQUIRED stop CDATA #IMPLIED channel CDATA #REQUIRED>
        <!ELEMENT title (#PCDATA)> <!ATTLIST title lang CDATA #IMPLIED>
        <!ELEMENT sub-title (#PCDATA)> <!ELEMENT desc (#PCDATA)> <!ATTLIST desc lang CDATA #IMPLIED> <!ELEMENT credits (#PCDATA)> <!ELEMENT date (#PCDATA)>
        <!ELEMENT category (#PCDATA)> <!ATTLIST category lang CDATA #IMPLIED> <!ELEMENT keyword (#PCDATA)> <!ELEMENT language (#PCDATA)> <!ELEMENT orig-language (#PCDATA)>
        <!ELEMENT length (#PCDATA)> <!ATTLIST length units (seconds | minutes | hours) #REQUIRED>
        <!ELEMENT icon EMPTY> <!ATTLIST icon src CDATA #REQUIRED width CDATA #IMPLIED height CDATA #IMPLIED>
        <!ELEMENT country (#PCDATA)> <!ELEMENT episode-num (#PCDATA)> <!ELEMENT video (#PCDATA)> <!ELEMENT audio (#PCDATA)> <!ELEMENT previously-shown (#PCDATA)> <!ELEMENT premiere (#PCDATA)>
        <!ELEMENT last-chance (#PCDATA)> <!ELEMENT new (#PCDATA)> <!ELEMENT subtitles (#PCDATA)> <!ELEMENT rating (#PCDATA)> <!ELEMENT star-rating (#PCDATA)> <!ELEMENT review (#PCDATA)>
        """;

    [Fact]
    public void The_list_has_what_runs_first_then_what_comes_then_what_was_recorded()
    {
        string[] lines = TvGuide.M3u(Day(), Site, English, multicast: false).Split('\n');
        Assert.Equal("#EXTM3U url-tvg=\"http://box.lan:8080/xmltv.xml\" x-tvg-url=\"http://box.lan:8080/xmltv.xml\"", lines[0]);
        string at = Bell.AddHours(1).ToLocalTime().ToString("HH:mm", null);
        Assert.Equal($"#EXTINF:-1 tvg-id=\"running\" tvg-name=\"Fractions 'and' more\" tvg-logo=\"http://box.lan:8080/p.jpg\" group-title=\"On air\",{at} Fractions \"and\" more · 3A", lines[1]);
        Assert.Equal("http://box.lan:8080/live/running/index.m3u8", lines[2]);
        Assert.StartsWith("#EXTINF:-1 tvg-id=\"later\"", lines[3], StringComparison.Ordinal);
        Assert.StartsWith("#EXTINF:2700 tvg-id=\"early\"", lines[5], StringComparison.Ordinal);
        Assert.Equal(8, lines.Length);
    }

    [Fact]
    public void The_multicast_list_has_groups_and_no_recordings()
    {
        string[] lines = TvGuide.M3u(Day(), Site, English, multicast: true).Split('\n');
        Assert.Equal("rtp://@239.255.42.7:5004", lines[2]);
        Assert.Equal(4, lines.Length);
    }

    [Fact]
    public void A_name_cannot_break_out_of_its_line_or_its_quotes()
    {
        TvLesson hostile = Day()[1] with { Lesson = Day()[1].Lesson with { Title = LocalText.Of("en", "a\",b\r\nhttp://evil/\u0001") } };
        string[] lines = TvGuide.M3u([hostile], Site, English, multicast: false).Split('\n');
        Assert.Equal(4, lines.Length);
        Assert.Contains("tvg-name=\"a' b  http://evil/ \"", lines[1], StringComparison.Ordinal);
        Assert.Empty(Faults(TvGuide.Xmltv([hostile], Site)));
    }

    [Fact]
    public void The_timetable_keeps_the_rules_of_xmltv()
    {
        string text = TvGuide.Xmltv(Day(), Site);
        Assert.Empty(Faults(text));
        Assert.StartsWith("<?xml version=\"1.0\" encoding=\"utf-8\"?>", text, StringComparison.Ordinal);
        XElement tv = Document(text).Root!;
        Assert.Equal(["early", "running", "later"], tv.Elements("channel").Select(channel => channel.Attribute("id")!.Value));
        XElement programme = tv.Elements("programme").First();
        Assert.Equal(("20260302000000 +0000", "20260302004500 +0000", "early"), (programme.Attribute("start")!.Value, programme.Attribute("stop")!.Value, programme.Attribute("channel")!.Value));
        Assert.Equal([("en", "Before"), ("zh", "之前")], programme.Elements("title").Select(title => (title.Attribute("lang")!.Value, title.Value)));
    }

    [Fact]
    public void Each_entry_of_the_list_is_a_channel_of_the_timetable()
    {
        string[] ids = [.. TvGuide.M3u(Day(), Site, English, multicast: false).Split('\n').Where(line => line.Contains("tvg-id=", StringComparison.Ordinal)).Select(line => line.Split('"')[1])];
        Assert.Equal(Document(TvGuide.Xmltv(Day(), Site)).Root!.Elements("channel").Select(channel => channel.Attribute("id")!.Value).Order(), ids.Order());
    }

    [Fact]
    public void The_rules_do_find_what_is_wrong() =>
        Assert.NotEmpty(Faults(TvGuide.Xmltv(Day(), Site).Replace("<title lang=\"en\">Before</title>", "", StringComparison.Ordinal).Replace("<title lang=\"zh\">之前</title>", "", StringComparison.Ordinal)));

    [Fact]
    public void Without_lessons_both_are_empty_and_sound()
    {
        Assert.Single(TvGuide.M3u([], Site, English, multicast: false).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Empty(Faults(TvGuide.Xmltv([], Site)));
    }

    private static ImmutableArray<TvLesson> Day() =>
    [
        new(Lesson("early", LocalText.Of("en", "Before").And("zh-Hans", "之前"), 0), TvShow.Recorded, "rtp://@239.255.42.5:5004", "/p.jpg"),
        new(Lesson("later", LocalText.Of("en", "After"), 2), TvShow.Coming, null, "/p.jpg"),
        new(Lesson("running", LocalText.Of("en", "Fractions \"and\" more"), 1), TvShow.Running, "rtp://@239.255.42.7:5004", "/p.jpg"),
    ];

    private static PlannedLesson Lesson(string id, LocalText title, int hour) =>
        new(id, title, "3A", "maths", Bell.AddHours(hour), TimeSpan.FromMinutes(45), null, true, LessonStage.Planned, []);

    private static XDocument Document(string xml)
    {
        using var reader = XmlReader.Create(new StringReader(xml), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XDocument.Load(reader);
    }

    private static List<string> Faults(string xml)
    {
        var faults = new List<string>();
        var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Parse, ValidationType = ValidationType.DTD };
        settings.ValidationEventHandler += (_, fault) => faults.Add(fault.Message);
        string withRules = xml.Replace("<!DOCTYPE tv SYSTEM \"xmltv.dtd\"[]>", $"<!DOCTYPE tv [{Dtd}]>", StringComparison.Ordinal).Replace("<!DOCTYPE tv SYSTEM \"xmltv.dtd\">", $"<!DOCTYPE tv [{Dtd}]>", StringComparison.Ordinal);
        if (withRules == xml)
            faults.Add("no document type");
        using var reader = XmlReader.Create(new StringReader(withRules), settings);
        while (reader.Read())
        {
        }
        return faults;
    }
}
