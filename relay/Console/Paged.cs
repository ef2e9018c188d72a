using System.Collections.Immutable;

namespace Relay.Console;

/// <summary>Where a page of rows stands in its list. Pages and rows count from 1.</summary>
public interface IPaged
{
    int Page { get; }
    int Pages { get; }
    int First { get; }
    int Last { get; }
    int Total { get; }
}

/// <summary>One page of a list.</summary>
public sealed record Paged<T>(ImmutableArray<T> Rows, int Page, int Size, int Total) : IPaged
{
    public int Pages => Math.Max(1, (Total + Size - 1) / Size);

    public int First => Total == 0 ? 0 : (Page - 1) * Size + 1;

    public int Last => First == 0 ? 0 : First + Rows.Length - 1;
}

/// <summary>Cuts lists into pages.</summary>
internal static class Paging
{
    /// <summary>The page asked for, or the nearest there is.</summary>
    public static Paged<T> Page<T>(this IReadOnlyCollection<T> all, int? page, int size)
    {
        int there = Math.Clamp(page ?? 1, 1, Math.Max(1, (all.Count + size - 1) / size));
        return new Paged<T>([.. all.Skip((there - 1) * size).Take(size)], there, size, all.Count);
    }
}
