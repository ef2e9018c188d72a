using System.Collections.Immutable;

namespace Edge.Media;

/// <summary>What to start: a program and its arguments, each given as it is; no shell reads them.</summary>
public sealed record ChildCommand(string Program, params ImmutableArray<string> Arguments)
{
    /// <summary>Variables that it gets besides ours: arguments can be read by everybody on the machine.</summary>
    public ImmutableArray<(string Name, string Value)> Environment { get; init; } = [];
}
