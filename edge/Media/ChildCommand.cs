using System.Collections.Immutable;

namespace Edge.Media;

/// <summary>What to start: a program and its arguments, each given as it is; no shell reads them.</summary>
public sealed record ChildCommand(string Program, params ImmutableArray<string> Arguments);
