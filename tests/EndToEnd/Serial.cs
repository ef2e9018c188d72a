using Xunit;

namespace EndToEnd;

/// <summary>Tests that start many processes run one after the other: two cores are few.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Serial
{
    public const string Name = "one after the other";
}
