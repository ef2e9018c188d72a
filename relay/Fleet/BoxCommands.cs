using System.CommandLine;
using System.Text.Json;
using Relay.Cli;

namespace Relay.Fleet;

/// <summary><c>relay box list|claim|revoke</c>.</summary>
public static class BoxCommands
{
    public static Command Create()
    {
        var command = new Command("box", "Boxes: list, claim for a school, revoke");
        command.Subcommands.Add(List());
        command.Subcommands.Add(Claim());
        command.Subcommands.Add(Revoke());
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "All boxes with school and last contact");
        command.SetStaffAction(async (parsed, client, cancellationToken) => CommandLine.PrintTable(parsed, await client.GetAsync("/api/boxes", cancellationToken),
            ("Box", box => box.GetProperty("id").GetString()!),
            ("School", box => CommandLine.Local(box.GetProperty("schoolName"))),
            ("Link", box => box.GetProperty("revoked").GetBoolean() ? "revoked" : box.GetProperty("connected").GetBoolean() ? "up" : "down"),
            ("Last contact", box => box.GetProperty("lastContact") is { ValueKind: JsonValueKind.String } at ? at.GetDateTimeOffset().ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", null) : "never")));
        return command;
    }

    private static Command Claim()
    {
        var code = new Argument<string>("code") { Description = "The code on the box's display" };
        var school = new Option<string>("--school") { Description = "Name or id of the school; added if new", Required = true };
        var id = new Option<string?>("--id") { Description = "Id for a new school: lower-case letters, digits, hyphens" };
        var command = new Command("claim", "Bind the box that shows a code to a school") { code, school, id };
        command.SetStaffAction(async (parsed, client, cancellationToken) =>
        {
            JsonElement answer = await client.PostAsync("/api/boxes/claim",
                new { code = parsed.GetValue(code), school = parsed.GetValue(school), schoolId = parsed.GetValue(id) }, cancellationToken);
            CommandLine.Print(parsed, answer, $"{answer.GetProperty("box").GetString()} is now a box of {answer.GetProperty("school").GetString()}");
        });
        return command;
    }

    private static Command Revoke()
    {
        var box = new Argument<string>("box") { Description = "Id of the box" };
        var command = new Command("revoke", "End a box's identity, as when it was stolen") { box };
        command.SetStaffAction(async (parsed, client, cancellationToken) =>
        {
            JsonElement answer = await client.PostAsync($"/api/boxes/{Uri.EscapeDataString(parsed.GetValue(box)!)}/revoke", new { }, cancellationToken);
            CommandLine.Print(parsed, answer, $"{parsed.GetValue(box)} is revoked");
        });
        return command;
    }
}
