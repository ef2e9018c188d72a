using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Relay.Cli;

namespace Relay.Sync;

/// <summary><c>relay notice send|list|show</c>.</summary>
internal static class NoticeCommands
{
    public static Command Create(TimeProvider time)
    {
        var command = new Command("notice", "Words to schools: send, list, show");
        command.Subcommands.Add(Send(time));
        command.Subcommands.Add(List());
        command.Subcommands.Add(Show());
        return command;
    }

    private static Command Send(TimeProvider time)
    {
        var text = new Argument<string>("text") { Description = "At most 2048 bytes; 1024 when it is urgent or an erratum" };
        var school = new Option<string?>("--school") { Description = "Only this school; else all" };
        var lesson = new Option<string?>("--lesson") { Description = "Shown with this lesson; else on the first page" };
        var urgent = new Option<bool>("--urgent") { Description = "Before everything else that waits" };
        var erratum = new Option<bool>("--erratum") { Description = "Something that was taught or printed was wrong" };
        var hours = new Option<double?>("--hours") { Description = "Worth nothing after so many hours" };
        var command = new Command("send", "Send a word to schools") { text, school, lesson, urgent, erratum, hours };
        command.SetStaffAction(async (parsed, client, cancellationToken) =>
        {
            DateTimeOffset? expires = parsed.GetValue(hours) is { } left ? time.GetUtcNow() + TimeSpan.FromHours(Math.Clamp(left, 0, MaxHours)) : null;
            JsonElement answer = await client.PostAsync("/api/notices", new NoticeRequest(
                parsed.GetValue(text)!, parsed.GetValue(school), parsed.GetValue(lesson), parsed.GetValue(urgent), parsed.GetValue(erratum), expires), cancellationToken);
            CommandLine.Print(parsed, answer, $"{answer.GetProperty("id").GetString()} waits for {answer.GetProperty("boxes").GetInt32()} boxes");
        });
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "Notices, and how many boxes each has come how far to");
        command.SetStaffAction(async (parsed, client, cancellationToken) => CommandLine.PrintTable(parsed, await client.GetAsync("/api/notices", cancellationToken),
            ("Notice", row => row.GetProperty("id").GetString()!),
            ("Written", row => Number(row, "written")),
            ("Sent", row => Number(row, "sent")),
            ("Arrived", row => Number(row, "arrived")),
            ("Expired, not delivered", row => Number(row, "expiredUnsent")),
            ("Expired, perhaps delivered", row => Number(row, "expiredSent")),
            ("Text", row => row.GetProperty("text").GetString()!)));
        return command;
    }

    private static Command Show()
    {
        var id = new Argument<string>("notice") { Description = "As list names it" };
        var command = new Command("show", "How far a notice has come at each box") { id };
        command.SetStaffAction(async (parsed, client, cancellationToken) => CommandLine.PrintTable(parsed,
            await client.GetAsync($"/api/notices/{Uri.EscapeDataString(parsed.GetValue(id)!)}", cancellationToken),
            ("Box", row => row.GetProperty("box").GetString()!),
            ("State", row => row.GetProperty("progress").GetString()!),
            ("Written", row => row.GetProperty("written").GetString()!),
            ("Sent", row => row.GetProperty("sent").GetString() ?? ""),
            ("Arrived", row => row.GetProperty("arrived").GetString() ?? "")));
        return command;
    }

    // Ten years: what shall not expire is sent without.
    private const double MaxHours = 87_600;

    private static string Number(JsonElement row, string name) => row.GetProperty(name).GetInt32().ToString(CultureInfo.InvariantCulture);
}
