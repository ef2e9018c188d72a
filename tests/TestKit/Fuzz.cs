namespace TestKit;

/// <summary>How much a fuzz test tries: 20 000 inputs, a million in the long run. <c>./test --long</c> sets the one switch, <c>EDGE_LONG=1</c>.</summary>
public static class Fuzz
{
    public static bool IsLong { get; } = Environment.GetEnvironmentVariable("EDGE_LONG") == "1";

    public static int Inputs { get; } = IsLong ? 1_000_000 : 20_000;
}
