using System.CommandLine;
using Microsoft.Extensions.Options;

namespace Edge.Box.Cli;

/// <summary>What all verbs share: <c>--json</c>, and exit codes 0 done, 1 failed, 2 wrong use.</summary>
public static class CommandLine
{
    public static readonly Option<bool> JsonOption = new("--json") { Description = "Print JSON for scripts", Recursive = true };

    public static async Task<int> RunAsync(RootCommand root, string[] arguments)
    {
        ParseResult parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                await Console.Error.WriteLineAsync(error.Message);
            await Console.Error.WriteLineAsync("--help shows how it is used");
            return 2;
        }
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (Exception e) when (e is IOException or HttpRequestException or UnauthorizedAccessException or InvalidDataException || IsWrongSetting(e))
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("stopped");
            return 1;
        }
    }

    /// <summary>A setting out of its range, or one that is no number, time or choice as it should be.</summary>
    private static bool IsWrongSetting(Exception e) =>
        e is OptionsValidationException or InvalidOperationException { InnerException: FormatException or ArgumentException or OverflowException };
}
