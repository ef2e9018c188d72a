using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Edge.Durable;
using TestKit.Processes;

namespace TestKit.Docs;

/// <summary>The table of a program's settings as <c>docs/operations.md</c> has it, made from the options classes and their documentation.</summary>
public static partial class SettingsTable
{
    private const string Document = "docs/operations.md";

    /// <summary>Set to 1, the test writes the table instead of comparing it.</summary>
    private const string UpdateVariable = "EDGE_UPDATE_DOCS";

    /// <summary>Compares, or writes, the table between the marks <c>settings:NAME</c> and <c>/settings:NAME</c>.</summary>
    /// <returns>Null when the document is in step; else the table as it should be.</returns>
    public static async Task<string?> OutOfStepAsync(string name, Assembly program, CancellationToken cancellationToken)
    {
        string path = Path.Combine(Repository.Root, Document);
        string text = await File.ReadAllTextAsync(path, cancellationToken);
        string begin = $"<!-- settings:{name} -->\n";
        string end = $"<!-- /settings:{name} -->";
        int from = text.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        int to = text.IndexOf(end, StringComparison.Ordinal);
        if (from < begin.Length || to < from)
            throw new InvalidDataException($"{Document} lacks the marks of {name}");
        string table = Of(program);
        if (text[from..to] == table)
            return null;
        if (Environment.GetEnvironmentVariable(UpdateVariable) != "1")
            return $"{Document} is not in step with the options; run this test with {UpdateVariable}=1. It should have:\n{table}";
        await DurableFile.WriteAsync(path, Encoding.UTF8.GetBytes(text[..from] + table + text[to..]), cancellationToken);
        return null;
    }

    /// <summary>The table: every property of every options class, with nested ones, in the order of their names.</summary>
    public static string Of(Assembly program)
    {
        Type[] options = [.. program.GetTypes().Where(type => type is { IsClass: true, IsPublic: true } && type.Name.EndsWith("Options", StringComparison.Ordinal))];
        var text = new StringBuilder("| Setting | Default | Allowed | Meaning |\n|---|---|---|---|\n");
        foreach (Type type in options.OrderBy(type => type.Name, StringComparer.Ordinal))
        {
            foreach (Setting setting in Settings(type.Name[..^"Options".Length], Activator.CreateInstance(type)!))
                text.Append(CultureInfo.InvariantCulture, $"| `{setting.Name}` | {setting.Default} | {setting.Allowed} | {setting.Meaning} |\n");
        }
        return text.ToString();
    }

    private static IEnumerable<Setting> Settings(string section, object options)
    {
        foreach (PropertyInfo property in options.GetType().GetProperties().Where(property => property.SetMethod is { IsPublic: true }))
        {
            object? value = property.GetValue(options);
            string name = $"{section}:{property.Name}";
            if (value is not null && value.GetType() is { IsClass: true } type && type != typeof(string) && type != typeof(Uri))
            {
                foreach (Setting nested in Settings(name, value))
                    yield return nested;
            }
            else
            {
                yield return new Setting(name, Text(value) is { Length: > 0 } text ? $"`{text}`" : "–", Allowed(property), Meaning(property));
            }
        }
    }

    private static string Text(object? value) => value switch
    {
        bool flag => flag ? "true" : "false",
        // As people write it: no zeros behind the last digit of a fraction.
        TimeSpan span when span.Ticks % TimeSpan.TicksPerSecond != 0 => span.ToString("c", CultureInfo.InvariantCulture).TrimEnd('0'),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static string Allowed(PropertyInfo property)
    {
        Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        return property.GetCustomAttribute<RangeAttribute>() is { } range ? $"{Text(range.Minimum)} – {(range.Maximum is long.MaxValue ? "" : Text(range.Maximum))}".TrimEnd()
            : type.IsEnum ? string.Join(", ", Enum.GetNames(type))
            : type == typeof(bool) ? "true, false"
            : "";
    }

    /// <summary>The property's summary, or that of its class when its name says the rest.</summary>
    private static string Meaning(PropertyInfo property)
    {
        XDocument documentation = Documentation(property.DeclaringType!.Assembly);
        string? Summary(string member) => documentation.Descendants("member").FirstOrDefault(element => element.Attribute("name")?.Value == member)?.Element("summary") is { } summary
            ? Spaces().Replace(string.Concat(summary.Nodes().Select(Words)), " ").Trim() : null;
        return Summary($"P:{property.DeclaringType.FullName}.{property.Name}") ?? Summary($"T:{property.DeclaringType.FullName}")
            ?? throw new InvalidDataException($"{property.DeclaringType.Name}.{property.Name} says nothing of its meaning");
    }

    private static string Words(XNode node) => node switch
    {
        XText text => text.Value.Replace("|", "\\|", StringComparison.Ordinal),
        XElement { Name.LocalName: "see" } see => $"`{see.Attribute("cref")!.Value.Split('.')[^1]}`",
        XElement element => $"`{element.Value}`",
        _ => "",
    };

    /// <summary>The compiler puts it beside the program.</summary>
    private static XDocument Documentation(Assembly assembly) => XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml"));

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    private sealed record Setting(string Name, string Default, string Allowed, string Meaning);
}
