using System.CommandLine;
using Relay.Cli;
using Spectre.Console;

namespace Relay.Identity;

/// <summary>Where a passphrase comes from: a file, the environment's <c>RELAY_PASSPHRASE</c>, or the person at the terminal.</summary>
public static class Passphrase
{
    public static readonly Option<string?> FileOption = new("--passphrase-file") { Description = "File whose first line is the passphrase (else RELAY_PASSPHRASE, else asked for)" };

    /// <summary>The passphrase of a key there is.</summary>
    public static string Of(ParseResult parsed) => Given(parsed) ?? Ask("Passphrase:");

    /// <summary>A passphrase for a new key, typed twice.</summary>
    public static string ForNew(ParseResult parsed)
    {
        if (Given(parsed) is { } given)
            return given;
        string first = Ask($"New passphrase ({KeyFile.MinPassphraseLength} characters or more):");
        return Ask("Once more:") == first ? first : throw new CommandFailedException("the two differ");
    }

    private static string? Given(ParseResult parsed)
    {
        if (parsed.GetValue(FileOption) is not { } path)
            return Environment.GetEnvironmentVariable("RELAY_PASSPHRASE");
        return File.ReadLines(path).FirstOrDefault() ?? throw new CommandFailedException($"{path} is empty");
    }

    private static string Ask(string question) => System.Console.IsInputRedirected
        ? throw new CommandFailedException("a passphrase is needed: give --passphrase-file or set RELAY_PASSPHRASE")
        : AnsiConsole.Prompt(new TextPrompt<string>(question).Secret(null));
}
