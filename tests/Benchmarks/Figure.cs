using System.Collections.Immutable;

namespace EdgeBench;

/// <summary>Where a figure must lie. The bars are those of the product's size table.</summary>
internal readonly record struct Bar(double Limit, bool AtMost)
{
    public static Bar Max(double limit) => new(limit, AtMost: true);

    public static Bar Min(double limit) => new(limit, AtMost: false);

    public bool Holds(double value) => AtMost ? value <= Limit : value >= Limit;
}

/// <summary>One thing measured, several times.</summary>
/// <param name="Name">What it is, in words.</param>
/// <param name="Unit">Of value, runs and bar.</param>
/// <param name="Runs">Each measurement, in order: their spread is the noise.</param>
/// <param name="Bar">What it must meet, or null.</param>
internal sealed record Figure(string Name, string Unit, ImmutableArray<double> Runs, Bar? Bar = null)
{
    public Figure(string name, string unit, IEnumerable<double> runs, Bar? bar = null)
        : this(name, unit, [.. runs], bar)
    {
    }

    /// <summary>The median of the runs.</summary>
    public double Value => Median(Runs);

    public bool Met => Bar?.Holds(Value) ?? true;

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length == 0 ? double.NaN : sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>The value under which <paramref name="part"/> of all lie (0.5, 0.99).</summary>
    public static double Quantile(IReadOnlyCollection<double> values, double part) =>
        values.Count == 0 ? double.NaN : values.Order().ElementAt(Math.Min(values.Count - 1, (int)(values.Count * part)));
}
