using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Edge.Core.Sync;
using Relay.Cli;

namespace Relay.Fleet;

/// <summary><c>relay school list|link</c>.</summary>
public static class SchoolCommands
{
    public static Command Create()
    {
        var command = new Command("school", "Schools: list, and how packs share their links");
        command.Subcommands.Add(List());
        command.Subcommands.Add(Link());
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "All schools with the rules of their links");
        command.SetStaffAction(async (parsed, client, cancellationToken) => CommandLine.PrintTable(parsed, await client.GetAsync("/api/schools", cancellationToken),
            ("School", school => school.GetProperty("id").GetString()!),
            ("Name", school => CommandLine.Local(school.GetProperty("name"))),
            ("Link", school => school.GetProperty("link") is { ValueKind: JsonValueKind.Object } link ? Words(link) : "as its boxes are set")));
        return command;
    }

    private static Command Link()
    {
        var school = new Argument<string>("school") { Description = "Id of the school" };
        var rates = new Option<string?>("--rates") { Description = "Rates by the school's local time, such as \"22:00-06:00 full, 64k\": windows with a rate each, and one for the rest of the day; a rate is full, off, or bits a second with k or M" };
        var day = new Option<string?>("--day") { Description = "Most bytes of packs a day, with k, M or G" };
        var month = new Option<string?>("--month") { Description = "Most bytes of packs a month, with k, M or G" };
        var cost = new Option<LinkCost>("--cost") { Description = "unmetered: no caps; metered: caps hold; expensive: and only packs with a due time come", DefaultValueFactory = _ => LinkCost.Metered };
        var clear = new Option<bool>("--clear") { Description = "Leave it to the settings of the school's boxes" };
        var command = new Command("link", "Set when and how much packs may use a school's link; it goes out with the plan") { school, rates, day, month, cost, clear };
        command.Validators.Add(result =>
        {
            if (LinkRules.ReadRates(result.GetValue(rates)) is null)
                result.AddError($"\"{result.GetValue(rates)}\" are no rates: write them as \"22:00-06:00 full, 64k\"");
            foreach (Option<string?> cap in (Option<string?>[])[day, month])
            {
                if (result.GetValue(cap) is { } text && Bytes(text) is null)
                    result.AddError($"\"{text}\" is no number of bytes: write it as 500M");
            }
            bool rules = result.GetValue(rates) is not null || result.GetValue(day) is not null || result.GetValue(month) is not null || result.GetResult(cost) is { Implicit: false };
            if (rules == result.GetValue(clear))
                result.AddError("give rules, or --clear");
        });
        command.SetStaffAction(async (parsed, client, cancellationToken) =>
        {
            string path = $"/api/schools/{Uri.EscapeDataString(parsed.GetValue(school)!)}/link";
            if (parsed.GetValue(clear))
            {
                CommandLine.Print(parsed, await client.DeleteAsync(path, cancellationToken), $"The boxes of {parsed.GetValue(school)} go by their own settings");
                return;
            }
            var terms = new LinkTerms(parsed.GetValue(rates), Bytes(parsed.GetValue(day)), Bytes(parsed.GetValue(month)), parsed.GetValue(cost));
            JsonElement answer = await client.PutAsync(path, new { terms.Rates, terms.DayBytes, terms.MonthBytes, cost = terms.Cost.ToString() }, cancellationToken);
            CommandLine.Print(parsed, answer, $"{parsed.GetValue(school)}: {Words(answer.GetProperty("link"))}");
        });
        return command;
    }

    private static string Words(JsonElement link) => string.Join("; ", new[]
    {
        link.GetProperty("rates") is { ValueKind: JsonValueKind.String } rates ? rates.GetString()! : "full rate",
        link.GetProperty("dayBytes") is { ValueKind: JsonValueKind.Number } day ? $"{day.GetInt64()} bytes a day" : "",
        link.GetProperty("monthBytes") is { ValueKind: JsonValueKind.Number } month ? $"{month.GetInt64()} bytes a month" : "",
        link.GetProperty("cost").ToString().ToLowerInvariant(),
    }.Where(words => words.Length > 0));

    private static long? Bytes(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        (string digits, long unit) = text switch { [.. var k, 'k'] => (k, 1_000L), [.. var m, 'M'] => (m, 1_000_000L), [.. var g, 'G'] => (g, 1_000_000_000L), _ => (text, 1L) };
        return decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number) && number * unit is >= 0 and < 1_000_000_000_000_000 ? (long)(number * unit) : null;
    }
}
