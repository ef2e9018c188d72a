using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Relay.Cli;

namespace Relay.Feedback;

/// <summary>Use as the staff API tells it.</summary>
public sealed record UsageAnswer(ImmutableArray<UsageRow> Schools, UsageRow Sum);

/// <summary>Counters of use in the staff API, and <c>relay usage</c>.</summary>
public static class UsageEndpoints
{
    public static void MapUsage(this IEndpointRouteBuilder routes) => routes.MapGet("/api/usage", (DateOnly? from, DateOnly? to, UsageStore usage) =>
    {
        ImmutableArray<UsageRow> rows = usage.Of(from, to);
        return new UsageAnswer(rows, UsageStore.Sum(rows));
    });

    public static Command Command()
    {
        var from = new Option<DateOnly?>("--from") { Description = "First day, such as 2026-03-02. Without --from and --to all is summed" };
        var to = new Option<DateOnly?>("--to") { Description = "Last day" };
        var command = new Command("usage", "What schools use: pages seen, plays, downloads, exercises and tools opened") { from, to };
        command.SetStaffAction(async (parsed, client, cancellationToken) =>
        {
            string query = string.Join('&', ((string, DateOnly?)[])[("from", parsed.GetValue(from)), ("to", parsed.GetValue(to))] is var days
                ? days.Where(day => day.Item2 is not null).Select(day => string.Create(CultureInfo.InvariantCulture, $"{day.Item1}={day.Item2:yyyy-MM-dd}")) : []);
            JsonElement answer = await client.GetAsync("/api/usage" + (query.Length == 0 ? "" : "?" + query), cancellationToken);
            CommandLine.PrintTable(parsed, answer.GetProperty("schools"),
                ("School", row => row.GetProperty("school").GetString()!),
                ("Boxes", row => row.GetProperty("boxes").ToString()),
                ("Visits", row => row.GetProperty("visits").ToString()),
                ("Plays", row => row.GetProperty("plays").ToString()),
                ("Downloads", row => row.GetProperty("downloads").ToString()),
                ("Applications", row => row.GetProperty("applications").ToString()));
        });
        return command;
    }
}
