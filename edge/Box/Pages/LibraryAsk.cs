using System.Globalization;
using Edge.Core.Content;

namespace Edge.Box.Pages;

/// <summary>What a reader asked the library for, as it stands in the page's address.</summary>
public sealed record LibraryAsk(string Text, IReadOnlyList<(string Name, string Value)> Filters, int Page)
{
    public const int MaxTextLength = 200;

    public const int PerPage = 24;

    private const int MaxPage = 10_000;

    private static readonly string[] Names = ["subject", "grade", "stage", "edition", "language", "kind", "collection"];

    /// <summary>Reads an address; what is too long or makes no sense counts as not said.</summary>
    public static LibraryAsk Of(IQueryCollection query)
    {
        string text = query["q"].ToString().Trim();
        return new LibraryAsk(
            text.Length <= MaxTextLength ? text : text[..MaxTextLength],
            [.. Names.Select(name => (name, value: query[name].FirstOrDefault() ?? "")).Where(filter => filter.value.Length is > 0 and <= ContentLimits.MaxTextLength && (filter.name != "kind" || KindOf(filter.value) is not null))],
            int.TryParse(query["page"], NumberStyles.None, CultureInfo.InvariantCulture, out int page) && page is > 0 and <= MaxPage ? page : 1);
    }

    /// <summary>Nothing was asked: the whole library.</summary>
    public bool IsPlain => Text.Length == 0 && Filters.Count == 0;

    public LibraryQuery Query => new(Text, Value("subject"), Value("grade"), Value("stage"), Value("edition"), Value("language"),
        Value("kind") is { } kind ? KindOf(kind) : null, Value("collection"), (Page - 1) * PerPage, PerPage);

    /// <summary>Address with one more filter, from its first page.</summary>
    public string With(string name, string value) => Address([.. Filters.Where(filter => filter.Name != name), (name, value)], 1);

    public string Without(string name) => Address([.. Filters.Where(filter => filter.Name != name)], 1);

    public string At(int page) => Address(Filters, page);

    private string Address(IReadOnlyList<(string Name, string Value)> filters, int page)
    {
        var parts = new List<string>();
        if (Text.Length > 0)
            parts.Add("q=" + Uri.EscapeDataString(Text));
        parts.AddRange(filters.Select(filter => $"{filter.Name}={Uri.EscapeDataString(filter.Value)}"));
        if (page > 1)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"page={page}"));
        return parts.Count == 0 ? "/library" : "/library?" + string.Join('&', parts);
    }

    private string? Value(string name) => Filters.FirstOrDefault(filter => filter.Name == name).Value;

    private static FileKind? KindOf(string text) => Enum.TryParse(text, ignoreCase: true, out FileKind kind) && Enum.IsDefined(kind) ? kind : null;
}
