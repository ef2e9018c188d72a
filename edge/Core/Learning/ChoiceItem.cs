using System.Collections.Immutable;
using System.Xml;
using System.Xml.Linq;

namespace Edge.Core.Learning;

/// <summary>One answer to choose.</summary>
public readonly record struct ChoiceOption(string Id, string Text);

/// <summary>A choice question of QTI 3 (1EdTech QTI 3.0, ASI: qti-choice-interaction with match_correct processing):
/// the one kind of item that this release shows and marks. Other kinds are read as null and offered as a file.</summary>
/// <param name="Prompt">The question.</param>
/// <param name="Options">In the order of the item.</param>
/// <param name="Correct">Ids of the right ones.</param>
/// <param name="Several">More than one may be chosen.</param>
public sealed record ChoiceItem(string Title, string Prompt, ImmutableArray<ChoiceOption> Options, ImmutableHashSet<string> Correct, bool Several)
{
    /// <summary>Longest item read, in bytes.</summary>
    public const int MaxBytes = 256 << 10;

    private const int MaxOptions = 26;

    /// <summary>Reads an item file.</summary>
    /// <returns>Null when it is no QTI 3 item, or has anything but one choice interaction marked by match_correct.</returns>
    public static ChoiceItem? Read(Stream xml)
    {
        XElement? root;
        try
        {
            using XmlReader reader = XmlReader.Create(xml, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, MaxCharactersInDocument = MaxBytes, XmlResolver = null });
            root = XDocument.Load(reader).Root;
        }
        catch (XmlException)
        {
            return null;
        }
        if (root is null || root.Name.LocalName != "qti-assessment-item")
            return null;
        XNamespace qti = root.Name.Namespace;
        XElement[] interactions = [.. root.Descendants().Where(element => element.Name.LocalName.EndsWith("-interaction", StringComparison.Ordinal))];
        if (interactions is not [{ Name.LocalName: "qti-choice-interaction" } interaction])
            return null;
        string? processing = (string?)root.Element(qti + "qti-response-processing")?.Attribute("template");
        if (processing?.EndsWith("match_correct.xml", StringComparison.Ordinal) != true)
            return null;
        XElement? declaration = root.Elements(qti + "qti-response-declaration")
            .FirstOrDefault(element => (string?)element.Attribute("identifier") == (string?)interaction.Attribute("response-identifier"));
        ImmutableHashSet<string> correct = [.. declaration?.Elements(qti + "qti-correct-response").Elements(qti + "qti-value").Select(value => value.Value.Trim()) ?? []];
        ImmutableArray<ChoiceOption> options = [.. interaction.Elements(qti + "qti-simple-choice")
            .Select(choice => new ChoiceOption((string?)choice.Attribute("identifier") ?? "", Words(choice)))];
        bool sound = options.Length is > 1 and <= MaxOptions
            && options.Select(option => option.Id).Distinct().Count() == options.Length
            && correct.Count > 0 && correct.All(id => options.Any(option => option.Id == id));
        return sound
            ? new ChoiceItem((string?)root.Attribute("title") ?? "", Words(interaction.Element(qti + "qti-prompt")), options, correct, (string?)declaration!.Attribute("cardinality") == "multiple")
            : null;
    }

    /// <summary>Right when exactly the right ones are chosen (QTI 3.0, match_correct).</summary>
    public bool IsCorrect(IEnumerable<string> chosen) => Correct.SetEquals(chosen);

    private static string Words(XElement? element) => string.Join(' ', (element?.Value ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
