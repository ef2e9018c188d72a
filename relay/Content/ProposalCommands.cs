using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using Edge.Core.Content;
using Edge.Core.Identity;
using Relay.Cli;
using Relay.Identity;

namespace Relay.Content;

/// <summary><c>relay proposal list|approve|refuse</c>, <c>relay publisher add|list|revoke</c>, <c>relay audit</c>.</summary>
public static class ProposalCommands
{
    public static Command Proposals()
    {
        var command = new Command("proposal", "What waits for people's signatures: list, approve, refuse");
        command.Subcommands.Add(ListProposals());
        command.Subcommands.Add(Approve());
        command.Subcommands.Add(Refuse());
        return command;
    }

    public static Command Publishers(TimeProvider time)
    {
        var command = new Command("publisher", "Others who may publish packs of certain names, such as a lead school: add, list, revoke");
        command.Subcommands.Add(AddPublisher(time));
        command.Subcommands.Add(ListPublishers());
        command.Subcommands.Add(RevokePublisher());
        return command;
    }

    public static Command Audit()
    {
        var command = new Command("audit", "Who did what, the newest first");
        command.SetStaffAction(async (parsed, client, cancellationToken) => CommandLine.PrintTable(parsed, await client.GetAsync("/api/audit", cancellationToken),
            ("When", entry => entry.GetProperty("at").GetDateTimeOffset().ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", null)),
            ("Who", entry => entry.GetProperty("who").GetString()!),
            ("What", entry => entry.GetProperty("what").GetString()!),
            ("Of what", entry => entry.GetProperty("subject").GetString()!),
            ("", entry => entry.GetProperty("detail").GetString()!)));
        return command;
    }

    /// <summary>Signs a proposal with a key file and hands the signatures in. The texts are written here from what the proposal says, not taken from the relay.</summary>
    /// <returns>The relay's answer.</returns>
    internal static async Task<JsonElement> ApproveAsync(StaffClient client, long id, string keyFile, Func<string> passphrase, CancellationToken cancellationToken)
    {
        Proposal proposal = Read(await client.GetAsync($"/api/proposals/{id}", cancellationToken));
        using ECDsa key = KeyFile.Open(keyFile, passphrase);
        StatementSignature statement = StatementSignature.Sign(proposal.Statement(), key);
        return await client.PostAsync($"/api/proposals/{id}/approve",
            new ApproveRequest(statement.Key, statement.Value, StatementSignature.Sign(proposal.ApprovalText(), key).Value), cancellationToken);
    }

    private static Command ListProposals()
    {
        var command = new Command("list", "Proposals that wait, then those decided lately");
        command.SetStaffAction(async (parsed, client, cancellationToken) => CommandLine.PrintTable(parsed, await client.GetAsync("/api/proposals", cancellationToken),
            ("No.", proposal => proposal.GetProperty("id").GetInt64().ToString(null, null)),
            ("What", proposal => proposal.GetProperty("subject").GetString()!),
            ("Schools", proposal => Joined(proposal.GetProperty("schools"), school => school.GetString() is PackTarget.AllSchools ? "all" : school.GetString()!)),
            ("State", proposal => proposal.GetProperty("state").GetString()!),
            ("Signed by", proposal => $"{Joined(proposal.GetProperty("approvals"), approval => approval.GetProperty("name").GetString()!)} ({proposal.GetProperty("approvals").GetArrayLength()} of {proposal.GetProperty("needed").GetInt32()})")));
        return command;
    }

    private static Command Approve()
    {
        Argument<long> id = IdArgument();
        var key = new Option<string>("--key") { Description = "Your private key file", Required = true };
        var command = new Command("approve", "Sign a proposal with your own key") { id, key, Passphrase.FileOption };
        command.SetStaffAction(async (parsed, client, cancellationToken) =>
        {
            JsonElement answer = await ApproveAsync(client, parsed.GetValue(id), parsed.GetValue(key)!, () => Passphrase.Of(parsed), cancellationToken);
            CommandLine.Print(parsed, answer, answer.GetProperty("done").GetBoolean() ? $"proposal {parsed.GetValue(id)} is carried out" : $"signed; proposal {parsed.GetValue(id)} waits for others");
        });
        return command;
    }

    private static Command Refuse()
    {
        Argument<long> id = IdArgument();
        var reason = new Option<string>("--reason") { Description = "Why, for the one who proposed it", Required = true };
        var command = new Command("refuse", "Refuse a proposal") { id, reason };
        command.SetStaffAction(async (parsed, client, cancellationToken) =>
        {
            JsonElement answer = await client.PostAsync($"/api/proposals/{parsed.GetValue(id)}/refuse", new RefuseRequest(parsed.GetValue(reason)!), cancellationToken);
            CommandLine.Print(parsed, answer, $"proposal {parsed.GetValue(id)} is refused");
        });
        return command;
    }

    private static Command AddPublisher(TimeProvider time)
    {
        Argument<string> name = NameArgument();
        var prefix = new Option<string>("--prefix") { Description = "What the ids of its packs begin with, such as \"leadschool-\"; several parted by commas", Required = true };
        var keys = new Option<string>("--keys") { Description = "Its public key files, parted by commas", Required = true };
        var threshold = new Option<int>("--threshold") { Description = "How many of them must sign a version", DefaultValueFactory = _ => 1 };
        var expires = new Option<string?>("--expires") { Description = "Last day (yyyy-MM-dd); a year from now when not given" };
        var command = new Command("add", "Let somebody else answer for packs of certain names; where staff must sign, this is a proposal") { name, prefix, keys, threshold, expires };
        command.SetStaffAction(async (parsed, client, cancellationToken) =>
        {
            DateTimeOffset end = parsed.GetValue(expires) is not { } text ? time.GetUtcNow().AddYears(1)
                : DateOnly.TryParseExact(text, "yyyy-MM-dd", out DateOnly day) ? new DateTimeOffset(day.ToDateTime(new TimeOnly(23, 59, 59)), TimeSpan.Zero)
                : throw new CommandFailedException($"{text} is no day: write it as 2027-08-31");
            JsonElement answer = await client.PostAsync("/api/publishers", new PublisherRequest(parsed.GetValue(name)!, [.. Parts(parsed.GetValue(prefix)!)],
                [.. Parts(parsed.GetValue(keys)!).Select(file => KeyFile.ReadPublic(file).PublicKey)], parsed.GetValue(threshold), end), cancellationToken);
            CommandLine.Print(parsed, answer, answer.GetProperty("proposal") is { ValueKind: JsonValueKind.Number } id
                ? $"proposal {id.GetInt64()}: {parsed.GetValue(name)} waits for staff signatures" : $"{parsed.GetValue(name)} may publish {parsed.GetValue(prefix)}… until {end:yyyy-MM-dd}");
        });
        return command;
    }

    private static Command ListPublishers()
    {
        var command = new Command("list", "All publishers");
        command.SetStaffAction(async (parsed, client, cancellationToken) => CommandLine.PrintTable(parsed, await client.GetAsync("/api/publishers", cancellationToken),
            ("Publisher", publisher => publisher.GetProperty("name").GetString()!),
            ("Packs", publisher => Joined(publisher.GetProperty("prefixes"), prefix => $"{prefix.GetString()}*")),
            ("Keys", publisher => $"{publisher.GetProperty("threshold").GetInt32()} of {publisher.GetProperty("keys").EnumerateObject().Count()}"),
            ("Until", publisher => publisher.GetProperty("expires").GetDateTimeOffset().ToString("yyyy-MM-dd", null)),
            ("", publisher => publisher.GetProperty("revoked").ValueKind == JsonValueKind.String ? "revoked" : "")));
        return command;
    }

    private static Command RevokePublisher()
    {
        Argument<string> name = NameArgument();
        var withdraw = new Option<bool>("--withdraw") { Description = "Take all its packs back as well" };
        var command = new Command("revoke", "End a publisher's right; no further version of it is shown. What schools have stays unless it is withdrawn") { name, withdraw };
        command.SetStaffAction(async (parsed, client, cancellationToken) =>
        {
            JsonElement known = (await client.GetAsync("/api/publishers", cancellationToken)).EnumerateArray().FirstOrDefault(publisher => publisher.GetProperty("name").GetString() == parsed.GetValue(name));
            JsonElement answer = await client.PostAsync($"/api/publishers/{Uri.EscapeDataString(parsed.GetValue(name)!)}/revoke", new { }, cancellationToken);
            string[] packs = [];
            if (parsed.GetValue(withdraw))
            {
                string[] prefixes = [.. known.GetProperty("prefixes").EnumerateArray().Select(prefix => prefix.GetString()!)];
                packs = [.. (await client.GetAsync("/api/packs", cancellationToken)).EnumerateArray().Select(pack => pack.GetProperty("id").GetString()!).Distinct()
                    .Where(pack => prefixes.Any(prefix => pack.StartsWith(prefix, StringComparison.Ordinal)))];
                foreach (string pack in packs)
                    await client.PostAsync($"/api/packs/{pack}/withdraw", new WithdrawRequest(null), cancellationToken);
            }
            CommandLine.Print(parsed, answer, $"{parsed.GetValue(name)} is revoked{(packs.Length > 0 ? $"; withdrawn: {string.Join(", ", packs)}" : "")}");
        });
        return command;
    }

    private static Proposal Read(JsonElement shown)
    {
        JsonElement publisher = shown.GetProperty("publisher");
        return new Proposal(shown.GetProperty("id").GetInt64(), shown.GetProperty("pack").GetString(), shown.GetProperty("version").GetInt64(),
            ChunkId.TryParse(shown.GetProperty("manifest").GetString(), out ChunkId manifest) ? manifest : null,
            [.. shown.GetProperty("schools").EnumerateArray().Select(school => school.GetString()!)],
            shown.GetProperty("due") is { ValueKind: JsonValueKind.String } due ? due.GetDateTimeOffset() : null, shown.GetProperty("priority").GetInt32(),
            publisher.ValueKind == JsonValueKind.Object ? PackPublisher.Read(JsonSerializer.SerializeToUtf8Bytes(publisher)) ?? throw new CommandFailedException("the proposed publisher is not sound") : null,
            default, ProposalState.Waiting, null, []);
    }

    private static string[] Parts(string text) => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static string Joined(JsonElement array, Func<JsonElement, string> text) => string.Join(", ", array.EnumerateArray().Select(text));

    private static Argument<long> IdArgument() => new("id") { Description = "Number of the proposal" };

    private static Argument<string> NameArgument() => new("name") { Description = "Name of the publisher: lower-case letters, digits, hyphens" };
}
