using System.CommandLine;
using TestKit.Processes;

namespace EdgeBench;

/// <summary>What all benchmarks share.</summary>
internal static class Options
{
    public static readonly Option<bool> Json = new("--json") { Description = "Print JSON for programs", Recursive = true };

    /// <summary>A number of times or seconds.</summary>
    public static Option<int> Count(string name, string description, int @default, int least)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => @default };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < least)
                result.AddError($"{name} is at least {least}");
        });
        return option;
    }

    /// <summary>The box as it is published for the appliance, for this machine's processor.</summary>
    /// <exception cref="FileNotFoundException">It has not been published.</exception>
    public static string PublishedBox()
    {
        string path = Path.Combine(Repository.Root, "artifacts", "box", "box");
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is not there: ./bench publishes it");
    }
}
