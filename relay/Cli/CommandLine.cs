using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Spectre.Console;

namespace Relay.Cli;

/// <summary>What all verbs share: <c>--json</c>, tables, and exit codes 0 done, 1 failed, 2 wrong use.</summary>
public static class CommandLine
{
    public static readonly Option<bool> JsonOption = new("--json") { Description = "Print JSON for scripts", Recursive = true };

    private static readonly JsonSerializerOptions Pretty = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Runs the command line; every trouble ends in one line on standard error.</summary>
    public static async Task<int> RunAsync(RootCommand root, string[] arguments)
    {
        ParseResult parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                await System.Console.Error.WriteLineAsync(error.Message);
            await System.Console.Error.WriteLineAsync("--help shows how it is used");
            return 2;
        }
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (CommandFailedException e)
        {
            await System.Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException || IsWrongSetting(e))
        {
            await System.Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
        catch (OperationCanceledException)
        {
            await System.Console.Error.WriteLineAsync("stopped");
            return 1;
        }
    }

    /// <summary>Makes a verb of the staff API: <paramref name="act"/> gets the parsed line and a client, and prints.</summary>
    public static void SetStaffAction(this Command command, Func<ParseResult, StaffClient, CancellationToken, Task> act) =>
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using StaffClient client = StaffClient.From(parsed);
            await act(parsed, client, cancellationToken);
            return 0;
        });

    /// <summary>Prints an answer: as it is with <c>--json</c>, else the sentence.</summary>
    public static void Print(ParseResult parsed, JsonElement answer, string sentence) =>
        System.Console.Out.WriteLine(parsed.GetValue(JsonOption) ? JsonSerializer.Serialize(answer, Pretty) : sentence);

    /// <summary>Prints a list: as it is with <c>--json</c>, else a table with a row per element.</summary>
    public static void PrintTable(ParseResult parsed, JsonElement rows, params (string Title, Func<JsonElement, string> Cell)[] columns)
    {
        if (parsed.GetValue(JsonOption))
        {
            System.Console.Out.WriteLine(JsonSerializer.Serialize(rows, Pretty));
            return;
        }
        var table = new Table().Border(TableBorder.Simple);
        foreach ((string title, _) in columns)
            table.AddColumn(title);
        foreach (JsonElement row in rows.EnumerateArray())
            table.AddRow([.. columns.Select(column => Markup.Escape(column.Cell(row)))]);
        // In a file or a pipe nothing is folded: grep finds whole addresses.
        if (System.Console.IsOutputRedirected)
            AnsiConsole.Profile.Width = PipedWidth;
        AnsiConsole.Write(table);
    }

    private const int PipedWidth = 1_000;

    /// <summary>A text of the staff API in the person's language.</summary>
    public static string Local(JsonElement text)
    {
        Edge.Core.Text.LocalText? local = text.Deserialize<Edge.Core.Text.LocalText>();
        return local?.In(System.Globalization.CultureInfo.CurrentUICulture.Name) ?? "";
    }

    /// <summary>A setting out of its range, or one that is no number, time or choice as it should be.</summary>
    private static bool IsWrongSetting(Exception e) =>
        e is OptionsValidationException or InvalidOperationException { InnerException: FormatException or ArgumentException or OverflowException };
}
