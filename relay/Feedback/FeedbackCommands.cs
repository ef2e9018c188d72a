using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Relay.Cli;
using Relay.Console;

namespace Relay.Feedback;

/// <summary><c>relay feedback list|show|answer|decline|merge|ages|export</c>.</summary>
internal static class FeedbackCommands
{
    private static readonly Argument<long> Number = new("number") { Description = "As list names it" };
    private static readonly Argument<string> Text = new("text") { Description = "What the asker gets to read" };
    private static readonly Option<string?> Lesson = new("--lesson") { Description = "Only of this lesson" };
    private static readonly Option<string?> School = new("--school") { Description = "Only of this school" };
    private static readonly Option<string?> Kind = new("--kind") { Description = "Only this kind, such as Question" };
    private static readonly Option<string?> State = new("--state") { Description = "Only this state: Open, Answered, Declined, Duplicate" };
    private static readonly Option<double?> Older = new("--older") { Description = "Only what was asked so many hours ago or before" };
    private static readonly Option<DateTimeOffset?> From = new("--from") { Description = "Only what was asked from then on" };
    private static readonly Option<DateTimeOffset?> To = new("--to") { Description = "Only what was asked before then" };

    public static Command Create()
    {
        var command = new Command("feedback", "What came from the schools: list, show, answer, decline, merge, ages, export");
        command.Subcommands.Add(List());
        command.Subcommands.Add(Show());
        command.Subcommands.Add(Reply("answer", "Answer an item and its duplicates"));
        command.Subcommands.Add(Reply("decline", "Close an item without an answer, and say why"));
        command.Subcommands.Add(Merge());
        command.Subcommands.Add(Ages());
        command.Subcommands.Add(Export());
        return command;
    }

    private static Command List()
    {
        var oldest = new Option<bool>("--oldest") { Description = "Who waits longest first" };
        var most = new Option<int>("--most") { Description = "So many at most, 1 to 1000", DefaultValueFactory = _ => 50 };
        var command = new Command("list", "Items, the newest first") { Lesson, School, Kind, State, Older, From, To, oldest, most };
        command.SetStaffAction(async (parsed, client, cancellationToken) => CommandLine.PrintTable(parsed, await client.GetAsync(Address(parsed, "/api/feedback",
                ("order", parsed.GetValue(oldest) ? nameof(FeedbackOrder.Oldest) : null), ("most", parsed.GetValue(most).ToString(CultureInfo.InvariantCulture))), cancellationToken),
            ("Number", row => row.GetProperty("number").GetInt64().ToString(CultureInfo.InvariantCulture)),
            ("School", row => row.GetProperty("school").GetString()!),
            ("Kind", row => row.GetProperty("kind").GetString()!),
            ("State", row => row.GetProperty("state").GetString()!),
            ("Asked", row => row.GetProperty("asked").GetDateTimeOffset().UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)),
            ("Lesson", row => row.GetProperty("lesson").GetString() ?? ""),
            ("Text", row => row.GetProperty("content").GetString()!)));
        return command;
    }

    private static Command Show()
    {
        var command = new Command("show", "One item with its reply") { Number };
        command.SetStaffAction(async (parsed, client, cancellationToken) =>
        {
            JsonElement item = await client.GetAsync($"/api/feedback/{parsed.GetValue(Number)}", cancellationToken);
            CommandLine.Print(parsed, item, $"#{parsed.GetValue(Number)} {item.GetProperty("kind")} of {item.GetProperty("school")}, {item.GetProperty("state")}: {item.GetProperty("content")}"
                + (item.GetProperty("reply") is { ValueKind: JsonValueKind.String } reply ? $"{Environment.NewLine}reply: {reply}" : ""));
        });
        return command;
    }

    private static Command Reply(string verb, string description)
    {
        var command = new Command(verb, description) { Number, Text };
        command.SetStaffAction(async (parsed, client, cancellationToken) => Told(parsed,
            await client.PostAsync($"/api/feedback/{parsed.GetValue(Number)}/{verb}", new ReplyRequest(parsed.GetValue(Text)!), cancellationToken)));
        return command;
    }

    private static Command Merge()
    {
        var same = new Argument<long>("same") { Description = "Number of the item that stays" };
        var command = new Command("merge", "Close an item as a duplicate of another") { Number, same, Text };
        command.SetStaffAction(async (parsed, client, cancellationToken) => Told(parsed,
            await client.PostAsync($"/api/feedback/{parsed.GetValue(Number)}/duplicate", new MergeRequest(parsed.GetValue(same), parsed.GetValue(Text)!), cancellationToken)));
        return command;
    }

    private static Command Ages()
    {
        var command = new Command("ages", "How long askers wait, by school and kind, in hours");
        command.SetStaffAction(async (parsed, client, cancellationToken) => CommandLine.PrintTable(parsed, await client.GetAsync("/api/feedback/ages", cancellationToken),
            ("School", row => row.GetProperty("school").GetString()!),
            ("Kind", row => row.GetProperty("kind").GetString()!),
            ("Open", row => row.GetProperty("open").ToString()),
            ("Median", row => row.GetProperty("openMedian").ToString()),
            ("90 %", row => row.GetProperty("openNinety").ToString()),
            ("Oldest", row => row.GetProperty("openOldest").ToString()),
            ("Replied in 30 days", row => row.GetProperty("replied").ToString()),
            ("Median wait", row => row.GetProperty("repliedMedian").ToString())));
        return command;
    }

    private static Command Export()
    {
        var format = new Option<string>("--format") { Description = "csv: a table (RFC 4180); xapi: an array of xAPI 1.0.3 statements", DefaultValueFactory = _ => "csv" };
        format.AcceptOnlyFromAmong("csv", "xapi");
        var file = new Argument<FileInfo>("file") { Description = "Where to write it" };
        var command = new Command("export", "Write items to a file in an open form") { file, format, Lesson, School, Kind, State, Older, From, To };
        command.SetStaffAction(async (parsed, client, cancellationToken) =>
        {
            FileInfo target = parsed.GetValue(file)!;
            // What is half written when the line breaks must not pass for all of it.
            string part = target.FullName + ".part";
            await using (FileStream stream = File.Create(part))
                await client.CopyAsync(Address(parsed, parsed.GetValue(format) == "xapi" ? "/api/feedback/export.json" : "/api/feedback/export.csv"), stream, cancellationToken);
            File.Move(part, target.FullName, overwrite: true);
            target.Refresh();
            CommandLine.Print(parsed, JsonSerializer.SerializeToElement(new { file = target.FullName, bytes = target.Length }), $"{target.FullName}: {target.Length} bytes");
        });
        return command;
    }

    private static string Address(ParseResult parsed, string path, params ReadOnlySpan<(string, string?)> more) => Addresses.Of(path,
    [
        ("lesson", parsed.GetValue(Lesson)), ("school", parsed.GetValue(School)), ("kind", parsed.GetValue(Kind)), ("state", parsed.GetValue(State)),
        ("olderHours", parsed.GetValue(Older)?.ToString(CultureInfo.InvariantCulture)),
        ("from", parsed.GetValue(From)?.ToString("O", CultureInfo.InvariantCulture)), ("to", parsed.GetValue(To)?.ToString("O", CultureInfo.InvariantCulture)),
        .. more,
    ]);

    private static void Told(ParseResult parsed, JsonElement item) => CommandLine.Print(parsed, item, $"#{item.GetProperty("number")} is {item.GetProperty("state")}");
}
