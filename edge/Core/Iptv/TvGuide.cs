using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Xml;
using Edge.Core.Content;
using Edge.Core.Text;

namespace Edge.Core.Iptv;

/// <summary>What a television set can do with a lesson.</summary>
public enum TvShow { Running, Coming, Recorded }

/// <summary>A lesson as a television set lists it: a channel with one programme.</summary>
/// <param name="Group">Address of its multicast group, such as <c>rtp://@239.255.42.7:5004</c>; null: none.</param>
/// <param name="Picture">Path of a picture of it on the site.</param>
public sealed record TvLesson(PlannedLesson Lesson, TvShow Show, string? Group, string Picture);

/// <summary>Words of the list in the language of who asks.</summary>
public sealed record TvWords(string Language, string Running, string Coming, string Recorded);

/// <summary>Lists for television sets: M3U with the attributes that set-top boxes and players read, XMLTV for the timetable.</summary>
public static class TvGuide
{
    public const string M3uType = "audio/x-mpegurl; charset=utf-8";
    public const string XmltvType = "application/xml; charset=utf-8";

    /// <param name="site">The site as the set reached it, without a slash at its end.</param>
    /// <param name="multicast">Groups, of lessons that have one, in place of HLS.</param>
    public static string M3u(ImmutableArray<TvLesson> lessons, string site, TvWords words, bool multicast)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"#EXTM3U url-tvg=\"{site}/xmltv.xml\" x-tvg-url=\"{site}/xmltv.xml\"\n");
        foreach (TvLesson one in lessons.Where(one => !multicast || (one.Group is not null && one.Show != TvShow.Recorded)).OrderBy(one => one.Show).ThenBy(one => one.Lesson.Start))
        {
            PlannedLesson lesson = one.Lesson;
            string title = Line(lesson.Title.In(words.Language));
            // -1: it has no end to jump to.
            int seconds = one.Show == TvShow.Recorded ? (int)lesson.Duration.TotalSeconds : -1;
            text.Append(CultureInfo.InvariantCulture, $"#EXTINF:{seconds} tvg-id=\"{lesson.Id}\" tvg-name=\"{Attribute(title)}\" tvg-logo=\"{site}{one.Picture}\" group-title=\"{Attribute(WordOf(one.Show, words))}\"")
                .Append(',').Append(lesson.Start.ToLocalTime().ToString("HH:mm", CultureInfo.InvariantCulture)).Append(' ').Append(title).Append(" · ").Append(Line(lesson.Class)).Append('\n')
                .Append(multicast ? one.Group : $"{site}/live/{lesson.Id}/{(one.Show == TvShow.Recorded ? "recording" : "index")}.m3u8").Append('\n');
        }
        return text.ToString();
    }

    /// <summary>The timetable after the DTD of XMLTV: all channels, then all programmes by time.</summary>
    public static string Xmltv(ImmutableArray<TvLesson> lessons, string site)
    {
        var text = new Utf8Writer();
        using (var xml = XmlWriter.Create(text, new XmlWriterSettings { Indent = true, NewLineChars = "\n" }))
        {
            xml.WriteDocType("tv", null, "xmltv.dtd", null);
            xml.WriteStartElement("tv");
            xml.WriteAttributeString("source-info-url", site);
            xml.WriteAttributeString("generator-info-name", "edge-box");
            TvLesson[] byTime = [.. lessons.OrderBy(one => one.Lesson.Start)];
            foreach (TvLesson one in byTime)
            {
                xml.WriteStartElement("channel");
                xml.WriteAttributeString("id", one.Lesson.Id);
                WriteTexts(xml, "display-name", one.Lesson.Title);
                xml.WriteStartElement("icon");
                xml.WriteAttributeString("src", site + one.Picture);
                xml.WriteEndElement();
                xml.WriteElementString("url", $"{site}/lesson/{one.Lesson.Id}");
                xml.WriteEndElement();
            }
            foreach (TvLesson one in byTime)
                WriteProgramme(xml, one, site);
            xml.WriteEndElement();
        }
        return text.ToString();
    }

    private static void WriteProgramme(XmlWriter xml, TvLesson one, string site)
    {
        PlannedLesson lesson = one.Lesson;
        xml.WriteStartElement("programme");
        xml.WriteAttributeString("start", Time(lesson.Start));
        xml.WriteAttributeString("stop", Time(lesson.Start + lesson.Duration));
        xml.WriteAttributeString("channel", lesson.Id);
        WriteTexts(xml, "title", lesson.Title);
        xml.WriteElementString("desc", Sound($"{lesson.Class} · {lesson.Subject}"));
        if (lesson.Subject.Length > 0)
            xml.WriteElementString("category", Sound(lesson.Subject));
        xml.WriteStartElement("length");
        xml.WriteAttributeString("units", "minutes");
        xml.WriteString(((int)Math.Ceiling(lesson.Duration.TotalMinutes)).ToString(CultureInfo.InvariantCulture));
        xml.WriteEndElement();
        xml.WriteStartElement("icon");
        xml.WriteAttributeString("src", site + one.Picture);
        xml.WriteEndElement();
        xml.WriteEndElement();
    }

    /// <summary>One element for each language; sets know the two letters only, and at least one must be there.</summary>
    private static void WriteTexts(XmlWriter xml, string element, LocalText texts)
    {
        foreach ((string language, string text) in texts.Texts.DistinctBy(text => Languages.Primary(text.Key)).DefaultIfEmpty(KeyValuePair.Create("en", "")))
        {
            xml.WriteStartElement(element);
            xml.WriteAttributeString("lang", Languages.Primary(language));
            xml.WriteString(Sound(text));
            xml.WriteEndElement();
        }
    }

    private static string Time(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyyMMddHHmmss '+0000'", CultureInfo.InvariantCulture);

    private static string WordOf(TvShow show, TvWords words) => show switch
    {
        TvShow.Running => words.Running,
        TvShow.Coming => words.Coming,
        _ => words.Recorded,
    };

    /// <summary>A text within one line.</summary>
    private static string Line(string text) => new([.. text.Select(letter => char.IsControl(letter) ? ' ' : letter)]);

    /// <summary>Players part the list at commas and quotes wherever they stand.</summary>
    private static string Attribute(string text) => Line(text).Replace('"', '\'').Replace(',', ' ');

    /// <summary>Without letters that XML cannot hold.</summary>
    private static string Sound(string text) => new([.. text.Where(XmlConvert.IsXmlChar)]);

    private sealed class Utf8Writer() : StringWriter(CultureInfo.InvariantCulture)
    {
        public override Encoding Encoding => Encoding.UTF8;
    }
}
