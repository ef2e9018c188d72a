namespace TestKit.Processes;

/// <summary>Where the repository lies that this test was built from.</summary>
public static class Repository
{
    public static string Root { get; } = Find();

    /// <summary>A program of the repository, built in the same configuration as this test.</summary>
    public static string Program(string project, string name)
    {
        string path = Path.Combine(Root, project, "bin", Configuration, "net10.0", name + ".dll");
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is not built; build Edge.sln first");
    }

    /// <summary>The box as it is published for the appliance, when <c>EDGE_BOX</c> names one: <c>./test</c> tries what a school gets, trimmed as it is.</summary>
    public static string? PublishedBox { get; } = Environment.GetEnvironmentVariable("EDGE_BOX") is { Length: > 0 } path ? path : null;

    private static string Configuration { get; } =
        AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}", StringComparison.Ordinal) ? "Release" : "Debug";

    private static string Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Edge.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new DirectoryNotFoundException("Edge.sln is above no folder of this program");
    }
}
