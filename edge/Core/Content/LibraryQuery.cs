using System.Collections.Immutable;
using Edge.Core.Text;

namespace Edge.Core.Content;

/// <summary>What is looked for in the library. Null: any.</summary>
/// <param name="Text">Words, or characters of scripts without spaces; all of them must be there. Empty: all packs.</param>
/// <param name="Subject">As the packs say it.</param>
/// <param name="Grade">As the packs say it.</param>
/// <param name="Stage">As the packs say it.</param>
/// <param name="Edition">As the packs say it.</param>
/// <param name="Language">BCP 47 tag.</param>
/// <param name="Kind">Packs that have such a file.</param>
/// <param name="Collection">Name of a collection.</param>
/// <param name="Skip">Packs that were on the pages before.</param>
/// <param name="Take">Packs on a page.</param>
public sealed record LibraryQuery(
    string Text = "",
    string? Subject = null,
    string? Grade = null,
    string? Stage = null,
    string? Edition = null,
    string? Language = null,
    FileKind? Kind = null,
    string? Collection = null,
    int Skip = 0,
    int Take = 24);

/// <summary>What packs are filtered by. Many packs share one.</summary>
public sealed record LibraryShape(
    string? Subject,
    string? Grade,
    string? Stage,
    string? Edition,
    ImmutableArray<string> Languages,
    ImmutableArray<FileKind> Kinds,
    ImmutableArray<string> Collections)
{
    public static LibraryShape Of(Manifest manifest) => new(
        Known(manifest.Metadata.Subject),
        Known(manifest.Metadata.Grade),
        Known(manifest.Metadata.Stage),
        Known(manifest.Metadata.Edition),
        [.. manifest.Metadata.Languages.Distinct().Order(StringComparer.Ordinal)],
        [.. manifest.Files.Select(file => file.Kind).Distinct().Order()],
        [.. manifest.Metadata.Collections.Distinct().Order(StringComparer.Ordinal)]);

    private static string? Known(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}

/// <summary>A pack in the answer.</summary>
public sealed record LibraryEntry(string Pack, long Version, LocalText Title, LibraryShape Shape, int Files, long LengthBytes);

/// <summary>How many packs there would be with this value in place of the one chosen.</summary>
public readonly record struct LibraryFacet(string Value, int Count);

/// <summary>Counts by which a search is narrowed, the most frequent first; grades in their order.</summary>
public sealed record LibraryFacets(
    ImmutableArray<LibraryFacet> Subjects,
    ImmutableArray<LibraryFacet> Grades,
    ImmutableArray<LibraryFacet> Stages,
    ImmutableArray<LibraryFacet> Editions,
    ImmutableArray<LibraryFacet> Languages,
    ImmutableArray<LibraryFacet> Kinds,
    ImmutableArray<LibraryFacet> Collections)
{
    /// <summary>Most values told of one facet.</summary>
    public const int MaxValues = 100;

    /// <summary>Counts packs by their shapes. Each facet is counted with the other filters in force and its own left out.</summary>
    /// <param name="query">The filters.</param>
    /// <param name="shapes">Shapes of the packs whose text fits, each with the number of such packs.</param>
    public static LibraryFacets Of(LibraryQuery query, IReadOnlyCollection<(LibraryShape Shape, int Count)> shapes)
    {
        var subjects = new Dictionary<string, int>();
        var grades = new Dictionary<string, int>();
        var stages = new Dictionary<string, int>();
        var editions = new Dictionary<string, int>();
        var languages = new Dictionary<string, int>();
        var kinds = new Dictionary<string, int>();
        var collections = new Dictionary<string, int>();
        foreach ((LibraryShape shape, int count) in shapes)
        {
            Misses misses = MissesOf(query, shape);
            Add(subjects, shape.Subject, misses, Misses.Subject, count);
            Add(grades, shape.Grade, misses, Misses.Grade, count);
            Add(stages, shape.Stage, misses, Misses.Stage, count);
            Add(editions, shape.Edition, misses, Misses.Edition, count);
            foreach (string language in shape.Languages)
                Add(languages, language, misses, Misses.Language, count);
            foreach (FileKind kind in shape.Kinds)
                Add(kinds, kind.ToString(), misses, Misses.Kind, count);
            foreach (string collection in shape.Collections)
                Add(collections, collection, misses, Misses.Collection, count);
        }
        return new LibraryFacets(Most(subjects), [.. Most(grades).OrderBy(grade => SearchText.SortKey(grade.Value), StringComparer.Ordinal)], Most(stages), Most(editions),
            Most(languages), Most(kinds), Most(collections));
    }

    /// <summary>Whether packs of this shape pass all filters of the query.</summary>
    public static bool Fits(LibraryQuery query, LibraryShape shape) => MissesOf(query, shape) == Misses.None;

    [Flags]
    private enum Misses { None = 0, Subject = 1, Grade = 2, Stage = 4, Edition = 8, Language = 16, Kind = 32, Collection = 64 }

    private static Misses MissesOf(LibraryQuery query, LibraryShape shape) =>
        (query.Subject is null || query.Subject == shape.Subject ? 0 : Misses.Subject)
        | (query.Grade is null || query.Grade == shape.Grade ? 0 : Misses.Grade)
        | (query.Stage is null || query.Stage == shape.Stage ? 0 : Misses.Stage)
        | (query.Edition is null || query.Edition == shape.Edition ? 0 : Misses.Edition)
        | (query.Language is null || shape.Languages.Contains(query.Language) ? 0 : Misses.Language)
        | (query.Kind is null || shape.Kinds.Contains(query.Kind.Value) ? 0 : Misses.Kind)
        | (query.Collection is null || shape.Collections.Contains(query.Collection) ? 0 : Misses.Collection);

    private static void Add(Dictionary<string, int> counts, string? value, Misses misses, Misses own, int count)
    {
        if (value is not null && (misses & ~own) == Misses.None)
            counts[value] = counts.GetValueOrDefault(value) + count;
    }

    private static ImmutableArray<LibraryFacet> Most(Dictionary<string, int> counts) =>
    [
        .. counts.Select(pair => new LibraryFacet(pair.Key, pair.Value)).OrderByDescending(facet => facet.Count).ThenBy(facet => facet.Value, StringComparer.Ordinal).Take(MaxValues),
    ];
}
