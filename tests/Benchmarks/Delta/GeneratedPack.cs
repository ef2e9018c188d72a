using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace EdgeBench.Delta;

/// <summary>A pack of a school year in two versions, the same from the same seed: some 4 700 files and 280 MB. Version 2 is what a term's work leaves:
/// documents opened and saved (all members stamped anew, one slide edited, sometimes none), pages corrected, a video taken again, a folder renamed,
/// files moved and files dropped, a few new ones. About 3 % of the bytes are really new.</summary>
/// <param name="seed">What it is generated from.</param>
/// <param name="units">How long the year is, from <see cref="LeastUnits"/> on; some 8.6 MB and 157 files each.</param>
internal sealed class GeneratedPack(int seed, int units)
{
    public const int LeastUnits = 30;

    /// <summary>Files that are the same in both versions have the same time, as for who compares by it.</summary>
    private static readonly DateTime Epoch = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>What a file is made of. Two files of equal traits are equal in every byte.</summary>
    /// <param name="Kind">Extension.</param>
    /// <param name="Seed">Of its first content.</param>
    /// <param name="Edits">How often it was edited since.</param>
    /// <param name="Saves">How often it was saved; matters where a file holds times.</param>
    private sealed record Traits(string Kind, int Seed, int Edits = 0, int Saves = 0);

    /// <summary>Writes version 1 or 2 into an empty folder, with its <c>pack.json</c>.</summary>
    public void Write(string folder, int version) => Write(folder, version == 1 ? First() : Second());

    /// <summary>Version 2 with a folder renamed and nothing else changed.</summary>
    public void WriteRenamed(string folder) => Write(folder, Second().ToDictionary(file => Moved(file.Key, "unit-14/", "unit-14 (new edition)/"), file => file.Value));

    private static void Write(string folder, Dictionary<string, Traits> files)
    {
        Write(folder, "pack.json", """{ "id": "year", "title": { "en": "A school year", "zh-Hans": "一学年" }, "grade": "7", "licence": "CC-BY-4.0" }"""u8, Epoch);
        foreach ((string path, Traits traits) in files.OrderBy(file => file.Key, StringComparer.Ordinal))
            Write(folder, path, Render(traits), Epoch.AddSeconds(traits.Seed + 1_000_003L * traits.Edits + 7_919L * traits.Saves));
    }

    private static void Write(string folder, string path, ReadOnlySpan<byte> bytes, DateTime saved)
    {
        string full = Path.Combine(folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        using (FileStream file = File.Create(full))
            file.Write(bytes);
        File.SetLastWriteTimeUtc(full, saved);
    }

    private Dictionary<string, Traits> First()
    {
        var files = new Dictionary<string, Traits>();
        int next = seed * 100_000;
        void Add(int unit, string name, string kind, int count)
        {
            for (int i = 1; i <= count; i++)
                files.Add(string.Create(CultureInfo.InvariantCulture, $"unit-{unit:00}/{name} {i:00}.{kind}"), new Traits(kind, next++));
        }
        for (int unit = 1; unit <= units; unit++)
        {
            Add(unit, "pages/reading", "html", 58);
            Add(unit, "pages/data", "json", 14);
            Add(unit, "pages/diagram", "svg", 12);
            Add(unit, "pictures/photo", "jpg", 42);
            Add(unit, "audio/dictation", "mp3", 4);
            Add(unit, "slides/lesson", "pptx", 5);
            Add(unit, "slides/summary", "odp", 2);
            Add(unit, "handouts/sheet", "docx", 10);
            Add(unit, "handouts/print", "pdf", 6);
            Add(unit, "exercises/quiz", "h5p", 3);
        }
        for (int unit = 1; unit <= units; unit += 5)
            Add(unit, "video/lecture", "mp4", 1);
        return files;
    }

    private Dictionary<string, Traits> Second()
    {
        Dictionary<string, Traits> files = First();
        string[] paths = [.. files.Keys.Order(StringComparer.Ordinal)];
        var random = new Random(seed);
        string[] Some(string kind, double part) => [.. paths.Where(path => path.EndsWith("." + kind, StringComparison.Ordinal) && files.ContainsKey(path) && random.NextDouble() < part)];
        void Edit(string kind, double part) => Array.ForEach(Some(kind, part), path => files[path] = files[path] with { Edits = files[path].Edits + 1, Saves = files[path].Saves + 1 });
        // Opened and saved: new times inside, the same content.
        foreach (string kind in (string[])["pptx", "odp", "docx", "h5p"])
            Array.ForEach(Some(kind, 0.2), path => files[path] = files[path] with { Saves = 1 });
        Edit("pptx", 0.25);
        Edit("odp", 0.25);
        Edit("docx", 0.2);
        Edit("h5p", 0.1);
        Edit("html", 0.12);
        Edit("json", 0.1);
        Edit("pdf", 0.1);
        // One lecture was recorded again.
        files["unit-21/video/lecture 01.mp4"] = new Traits("mp4", 7_777 + seed, Edits: -1);
        Array.ForEach(Some("jpg", 0.01), path => files[path] = files[path] with { Seed = files[path].Seed + 50_000_000 });
        Array.ForEach(Some("svg", 0.03), path => files.Remove(path));
        int next = seed * 100_000 + 90_000;
        for (int i = 1; i <= 10; i++)
        {
            files.Add(string.Create(CultureInfo.InvariantCulture, $"unit-30/extra/reading {i:00}.html"), new Traits("html", next++));
            files.Add(string.Create(CultureInfo.InvariantCulture, $"unit-30/extra/photo {i:00}.jpg"), new Traits("jpg", next++));
        }
        files.Add("unit-30/extra/lesson.pptx", new Traits("pptx", next++));
        files.Add("unit-30/extra/test.docx", new Traits("docx", next));
        // Files that went into another folder, one of them edited on the way.
        foreach (string path in Some("mp3", 0.1))
        {
            files.Add("unit-01/sound/" + path.Replace('/', '-'), files[path]);
            files.Remove(path);
        }
        return files.ToDictionary(file => Moved(Moved(file.Key, "unit-06/", "unit-06 fractions/"), "unit-26/", string.Create(CultureInfo.InvariantCulture, $"unit-{units + 1:00}/")), file => file.Value);
    }

    private static string Moved(string path, string from, string to) => path.StartsWith(from, StringComparison.Ordinal) ? to + path[from.Length..] : path;

    private static byte[] Render(Traits traits) => traits.Kind switch
    {
        "html" => Encoding.UTF8.GetBytes(Html(traits)),
        "json" => Encoding.UTF8.GetBytes(Json(traits)),
        "svg" => Encoding.UTF8.GetBytes(Svg(traits)),
        "jpg" => Picture(traits.Seed, 20_000, 60_000),
        "mp3" => Incompressible(traits.Seed, 200_000 + traits.Seed % 97 * 1_000),
        "mp4" => Incompressible(traits.Seed, traits.Edits < 0 ? 4_500_000 : 14_000_000 + traits.Seed % 31 * 50_000),
        "pdf" => Pdf(traits),
        _ => Zip(traits),
    };

    private static string Html(Traits traits)
    {
        var words = new Words(traits.Seed);
        int paragraphs = 8 + traits.Seed % 25;
        var page = new StringBuilder($"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{words.Sentence()}</title>\n<link rel=\"stylesheet\" href=\"../site.css\"></head>\n<body><nav><a href=\"../index.html\">Home</a></nav>\n<main>\n");
        for (int i = 0; i < paragraphs; i++)
        {
            string text = words.Paragraph(6);
            if (traits.Edits > 0 && i == traits.Seed % paragraphs)
                text = new Words(traits.Seed + 1_000_000 + traits.Edits).Paragraph(3) + text[(text.Length / 2)..];
            page.Append("<p>").Append(text).Append("</p>\n");
        }
        return page.Append(CultureInfo.InvariantCulture, $"</main>\n<footer>Revision {1 + traits.Edits}</footer></body></html>\n").ToString();
    }

    private static string Json(Traits traits)
    {
        var random = new Random(traits.Seed);
        var rows = Enumerable.Range(0, 200).Select(i => $"  {{ \"id\": {i}, \"value\": {random.Next(10_000)}, \"label\": \"{new Words(traits.Seed + i).Word()}\" }}").ToList();
        for (int i = 0; i < traits.Edits * 3; i++)
            rows[(traits.Seed + i * 61) % rows.Count] = $"  {{ \"id\": {i}, \"value\": {random.Next(10_000)}, \"label\": \"corrected\" }}";
        return "[\n" + string.Join(",\n", rows) + "\n]\n";
    }

    private static string Svg(Traits traits)
    {
        var random = new Random(traits.Seed);
        IEnumerable<string> shapes = Enumerable.Range(0, 150).Select(_ => string.Create(CultureInfo.InvariantCulture, $"<path d=\"M{random.Next(500)} {random.Next(500)} L{random.Next(500)} {random.Next(500)}\" stroke=\"#{random.Next(0xFFFFFF):x6}\"/>"));
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 500 500\">\n" + string.Join('\n', shapes) + "\n</svg>\n";
    }

    /// <summary>Objects as a writer of PDF makes them: text streams deflated, a picture or two.</summary>
    private static byte[] Pdf(Traits traits)
    {
        using var file = new MemoryStream();
        void Text(string text) => file.Write(Encoding.Latin1.GetBytes(text));
        Text("%PDF-1.5\n");
        int pages = 3 + traits.Seed % 6;
        for (int i = 0; i < pages; i++)
        {
            string page = new Words(traits.Seed * 10 + i).Paragraph(30);
            if (traits.Edits > 0 && i == traits.Seed % pages)
                page = new Words(traits.Seed + 2_000_000).Sentence() + page;
            using var packed = new MemoryStream();
            using (var deflate = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
                deflate.Write(Encoding.Latin1.GetBytes(string.Join("\n", page.Split(' ').Chunk(8).Select(line => $"({string.Join(' ', line)}) Tj T*"))));
            Text($"{i * 2 + 4} 0 obj\n<< /Type /Page /Parent 3 0 R /Contents {i * 2 + 5} 0 R >>\nendobj\n{i * 2 + 5} 0 obj\n<< /Length {packed.Length} /Filter /FlateDecode >>\nstream\n");
            packed.WriteTo(file);
            Text("\nendstream\nendobj\n");
        }
        Text("2 0 obj\n<< /Type /XObject /Subtype /Image /Filter /DCTDecode >>\nstream\n");
        file.Write(Picture(traits.Seed + 3_000_000, 15_000, 40_000));
        Text($"\nendstream\nendobj\n1 0 obj\n<< /ModDate (D:2026{1 + traits.Saves:00}01) >>\nendobj\n%%EOF\n");
        return file.ToArray();
    }

    /// <summary>A document as office programs save it: every member gets the time of saving; some programs also write members in another order.</summary>
    private static byte[] Zip(Traits traits)
    {
        var members = new List<(string Name, byte[] Bytes)>();
        void Text(string name, string text) => members.Add((name, Encoding.UTF8.GetBytes(text)));
        int parts = traits.Kind switch { "pptx" => 14, "odp" => 1, "docx" => 1, _ => 4 } + (traits.Kind == "pptx" ? traits.Seed % 12 : 0);
        int edited = traits.Edits > 0 ? traits.Seed % parts : -1;
        // What every document of a template has.
        Text(traits.Kind == "odp" ? "mimetype" : "[Content_Types].xml", "<Types>" + string.Concat(Enumerable.Range(1, parts).Select(i => $"<Override PartName=\"/part/{i}.xml\" ContentType=\"application/xml\"/>")) + "</Types>");
        Text("theme/theme1.xml", "<theme>" + new Words(traits.Kind.Length).Paragraph(60) + "</theme>");
        Text("docProps/core.xml", $"<core><modified>2026-0{1 + traits.Saves}-11T08:0{traits.Saves}:00Z</modified><revision>{traits.Saves}</revision></core>");
        for (int i = 0; i < parts; i++)
        {
            var words = new Words(traits.Seed * 40 + i);
            int runs = traits.Kind is "odp" or "docx" ? 90 + traits.Seed % 60 : 14 + (traits.Seed + i) % 20;
            var text = new StringBuilder("<sld xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\"><spTree>");
            for (int run = 0; run < runs; run++)
            {
                string sentence = i == edited && run >= runs / 2 && run < runs / 2 + 3 ? new Words(traits.Seed + 4_000_000 + run).Sentence() : words.Sentence();
                text.Append(CultureInfo.InvariantCulture, $"<sp id=\"{run}\"><xfrm off=\"{(traits.Seed * 31 + run * 7) % 9973}\"/><t lang=\"en-GB\">{sentence}</t></sp>");
            }
            Text($"part/{i + 1}.xml", text.Append("</spTree></sld>").ToString());
            Text($"part/_rels/{i + 1}.xml.rels", $"<Relationships><Relationship Id=\"rId1\" Target=\"../media/image{i % 5 + 1}.jpeg\"/></Relationships>");
        }
        int pictures = traits.Kind switch { "pptx" => 5, "odp" => 4, "docx" => 1, _ => 2 };
        for (int i = 0; i < pictures; i++)
            members.Add(($"media/image{i + 1}.jpeg", Picture(traits.Seed * 7 + i, 15_000, 60_000)));
        if (traits.Saves > 0 && traits.Seed % 4 == 0)
            members.Reverse(1, members.Count - 1);
        using var file = new MemoryStream();
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            var saved = new DateTimeOffset(2026, 1 + traits.Saves, 11, 8, traits.Seed % 60, 2 * (traits.Seed % 30), TimeSpan.Zero);
            foreach ((string name, byte[] bytes) in members)
            {
                ZipArchiveEntry entry = zip.CreateEntry(name, name.EndsWith(".jpeg", StringComparison.Ordinal) ? CompressionLevel.NoCompression : CompressionLevel.Optimal);
                entry.LastWriteTime = saved;
                using Stream member = entry.Open();
                member.Write(bytes);
            }
        }
        return file.ToArray();
    }

    /// <summary>The head that all pictures of a camera share, then what entropy coding leaves.</summary>
    private static byte[] Picture(int seed, int least, int most)
    {
        byte[] head = Incompressible(1, 620);
        return [0xFF, 0xD8, .. head, .. Incompressible(seed, least + (int)((uint)seed * 2_654_435_761 % (uint)(most - least)))];
    }

    private static byte[] Incompressible(int seed, int length)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Words of a made-up language, some often and most seldom, as in any other.</summary>
    private sealed class Words(int seed)
    {
        private static readonly string[] Vocabulary = Make();

        private readonly Random _random = new(seed);

        public string Word() => Vocabulary[(int)(Vocabulary.Length * Math.Pow(_random.NextDouble(), 3.2))];

        public string Sentence() => string.Join(' ', Enumerable.Range(0, 6 + _random.Next(12)).Select(_ => Word())) + ".";

        public string Paragraph(int sentences) => string.Join(' ', Enumerable.Range(0, sentences).Select(_ => Sentence()));

        private static string[] Make()
        {
            var random = new Random(4_711);
            string[] syllables = ["ka", "to", "ri", "men", "sul", "ba", "den", "lo", "vi", "par", "ash", "on", "ter", "gi", "wu", "nel", "qua", "sto", "im", "fer"];
            return [.. Enumerable.Range(0, 8_000).Select(_ => string.Concat(Enumerable.Range(0, 1 + random.Next(4)).Select(_ => syllables[random.Next(syllables.Length)])))];
        }
    }
}
