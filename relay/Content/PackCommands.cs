using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using Edge.Core.Content;
using Relay.Cli;
using Relay.Identity;
using Spectre.Console;

namespace Relay.Content;

/// <summary><c>relay pack build|diff|publish|pin|list|withdraw|erratum|errata</c>.</summary>
public static class PackCommands
{
    public static Command Create(TimeProvider time)
    {
        var command = new Command("pack", "Packs: build from a folder, compare, publish to schools, pin, list, withdraw");
        command.Subcommands.Add(Build(time));
        command.Subcommands.Add(Diff(time));
        command.Subcommands.Add(Publish(time));
        command.Subcommands.Add(Pin());
        command.Subcommands.Add(List());
        command.Subcommands.Add(Withdraw());
        command.Subcommands.Add(MakeErratum());
        command.Subcommands.Add(ListErrata());
        return command;
    }

    private static Command Build(TimeProvider time)
    {
        var folder = new Argument<string>("dir") { Description = $"Folder with the files and a {PackFolder.TextName}" };
        var command = new Command("build", "Make a new version of a pack and hand it to the relay; it reaches nobody before it is published") { folder };
        command.SetStaffAction(async (parsed, client, cancellationToken) =>
        {
            BuiltPack built;
            try
            {
                built = await ShowProgressAsync(parsed, progress => new PackBuilder(TargetAt(client), time, progress).BuildAsync(parsed.GetValue(folder)!, cancellationToken));
            }
            catch (PackBuildException e)
            {
                throw new CommandFailedException(e.Message);
            }
            if (built.Changed)
                await client.PostAsync("/api/packs", new AddPackRequest(built.Id), cancellationToken);
            foreach (string name in built.Skipped)
                await System.Console.Error.WriteLineAsync($"left out (its name begins with a dot): {name}");
            Manifest manifest = built.Manifest;
            JsonElement answer = JsonSerializer.SerializeToElement(new
            {
                pack = manifest.Pack,
                version = manifest.Version,
                changed = built.Changed,
                files = manifest.Files.Length,
                lengthBytes = manifest.LengthBytes,
                newChunks = built.NewChunks,
                newBytes = built.NewBytes,
                skipped = built.Skipped,
            });
            CommandLine.Print(parsed, answer, built.Changed
                ? $"{manifest.Pack}@{manifest.Version}: {manifest.Files.Length} files, {manifest.LengthBytes:N0} bytes; new for the relay: {built.NewBytes:N0} bytes"
                : $"{manifest.Pack}@{manifest.Version}: nothing has changed since this version");
        });
        return command;
    }

    private static Command Publish(TimeProvider time)
    {
        Argument<string> pack = PackArgument();
        var to = new Option<string>("--to") { Description = "\"all\", or school ids parted by commas", Required = true };
        var due = new Option<string?>("--due") { Description = $"When schools need it: {DueText.Help}" };
        var older = new Option<long?>("--version") { Description = "The version, as @VERSION says it; an older one rolls schools back" };
        var priority = new Option<int>("--priority") { Description = "Among packs due at the same time, the smaller goes first" };
        var publisher = new Option<string?>("--publisher") { Description = "Publisher in whose hands the pack must be; refused when it is not" };
        var sign = new Option<string?>("--sign") { Description = "Private key file to sign with at once, where signatures are asked for" };
        var command = new Command("publish", "Tell schools to hold a version (without @VERSION: the newest); where people must sign, propose it") { pack, to, due, priority, older, publisher, sign, Passphrase.FileOption };
        command.SetStaffAction(async (parsed, client, cancellationToken) =>
        {
            (string id, long? version) = Parse(parsed.GetValue(pack)!);
            if (version is not null && parsed.GetValue(older) is { } said && said != version)
                throw new CommandFailedException($"@{version} and --version {said} are two versions");
            version ??= parsed.GetValue(older);
            // "Tomorrow" is told here, in the zone of the person who types it.
            DateTimeOffset moment = default;
            if (parsed.GetValue(due) is { } text && !DueText.TryParse(text, time.GetUtcNow(), time.LocalTimeZone, out moment))
                throw new CommandFailedException($"\"{text}\" is no due time: write {DueText.Help}");
            ImmutableArray<string> schools = [.. parsed.GetValue(to)!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
            JsonElement answer = await client.PostAsync($"/api/packs/{Uri.EscapeDataString(id)}/publish", new PublishRequest(version, schools,
                parsed.GetValue(due) is null ? null : moment.ToString("yyyy-MM-dd'T'HH:mm:sszzz", null), parsed.GetValue(priority), parsed.GetValue(publisher)), cancellationToken);
            string what = $"{id}@{answer.GetProperty("version").GetInt64()}";
            if (answer.TryGetProperty("proposal", out JsonElement proposal))
            {
                bool done = parsed.GetValue(sign) is { } key
                    && (await ProposalCommands.ApproveAsync(client, proposal.GetInt64(), key, () => Passphrase.Of(parsed), cancellationToken)).GetProperty("done").GetBoolean();
                if (!done)
                {
                    CommandLine.Print(parsed, answer, $"{what} is proposed to {string.Join(", ", schools)}; \"relay proposal approve {proposal.GetInt64()} --key FILE\" signs it");
                    return;
                }
            }
            string when = parsed.GetValue(due) is null ? "" : $", due {moment:yyyy-MM-dd HH:mm zzz}";
            CommandLine.Print(parsed, answer, $"{what} is published to {string.Join(", ", schools)}{when}{CostOf(answer)}");
        });
        return command;
    }

    /// <summary>What boxes pay that hold a former version, the newest first.</summary>
    private static string CostOf(JsonElement published) => string.Concat((published.TryGetProperty("updates", out JsonElement updates) ? updates.EnumerateArray().ToArray() : []).Select(update => (From: update.GetProperty("from").GetInt64(), Cost: update.GetProperty("cost")))
        .Select(update => $"\n  a box with version {update.From} fetches {update.Cost.GetProperty("bytes").GetInt64():N0} bytes ({update.Cost.GetProperty("cheaper").GetString()}; by chunks {update.Cost.GetProperty("byChunks").GetInt64():N0})"));

    private static Command Diff(TimeProvider time)
    {
        var from = new Argument<string>("A") { Description = "PACK@VERSION, or a folder" };
        var to = new Argument<string>("B") { Description = "PACK@VERSION, or a folder" };
        var command = new Command("diff", "What an update from A to B will cost a box that holds A, by each way and per file") { from, to };
        command.SetStaffAction(async (parsed, client, cancellationToken) =>
        {
            (string fromName, string toName) = (parsed.GetValue(from)!, parsed.GetValue(to)!);
            PackDiff diff;
            try
            {
                VersionContent before = await ContentAsync(client, fromName, null, time, cancellationToken);
                VersionContent after = await ContentAsync(client, toName, before, time, cancellationToken);
                diff = await PackDiff.OfAsync(fromName, before, toName, after, cancellationToken);
            }
            catch (Exception e) when (e is PackBuildException or InvalidDataException)
            {
                throw new CommandFailedException(e.Message);
            }
            CommandLine.Print(parsed, JsonSerializer.SerializeToElement(diff, DiffJson), Sentence(diff));
        });
        return command;
    }

    private static async Task<VersionContent> ContentAsync(StaffClient client, string name, VersionContent? before, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Directory.Exists(name))
            return await FolderContent.ReadAsync(name, before, time, cancellationToken);
        (string pack, long? version) = Parse(name);
        JsonElement found = await client.GetAsync($"/api/packs/{Uri.EscapeDataString(pack)}{(version is null ? "" : $"/versions/{version}")}", cancellationToken);
        var source = new ObjectSource(
            async (id, maxBytes, token) => await client.GetBytesAsync($"/api/content/{id}", maxBytes, token),
            async (id, offset, bytes, token) => (await client.GetRangeAsync($"/api/content/{id}", offset, bytes.Length, token)).CopyTo(bytes));
        return await VersionContent.LoadAsync(source, ChunkId.TryParse(found.GetProperty("manifest").GetString(), out ChunkId manifest) ? manifest : default, cancellationToken);
    }

    private static string Sentence(PackDiff diff)
    {
        static string Count(FileCount count, string what) => $"  {what,-10} {count.Files,7:N0} files {count.Bytes,15:N0} bytes\n";
        var text = new System.Text.StringBuilder($"{diff.From} to {diff.To}: a box that holds the first fetches {diff.Cost.Bytes:N0} bytes by {diff.Cost.Cheaper}\n")
            .Append(null, $"  description {diff.Cost.DeltaBytes:N0} bytes; then chunks {diff.Cost.ChunkBytes:N0}, or bundle {diff.Cost.BundleBytes:N0}\n")
            .Append(Count(diff.Unchanged, "unchanged")).Append(Count(diff.Renamed, "renamed")).Append(Count(diff.Changed, "changed")).Append(Count(diff.Added, "added")).Append(Count(diff.Removed, "removed"));
        foreach (FileDifference file in diff.Differences)
        {
            text.Append(null, $"{file.Change.ToString().ToLowerInvariant(),-8} {file.ChunkBytes,11:N0} {file.BundleBytes,11:N0}  {file.Path}{(file.From is null ? "" : $"  (was {file.From})")}\n");
        }
        return text.ToString().TrimEnd();
    }

    private static readonly JsonSerializerOptions DiffJson = new(JsonSerializerDefaults.Web) { Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    private static Command List()
    {
        var command = new Command("list", "All versions: published to how many schools, delivered to and verified on how many boxes");
        command.SetStaffAction(async (parsed, client, cancellationToken) => CommandLine.PrintTable(parsed, await client.GetAsync("/api/packs", cancellationToken),
            ("Pack", pack => $"{pack.GetProperty("id").GetString()}@{pack.GetProperty("version").GetInt64()}"),
            ("Title", pack => CommandLine.Local(pack.GetProperty("title"))),
            ("Files", pack => pack.GetProperty("files").GetInt32().ToString("N0", null)),
            ("Bytes", pack => pack.GetProperty("lengthBytes").GetInt64().ToString("N0", null)),
            ("Published", pack => pack.GetProperty("withdrawn").ValueKind == JsonValueKind.String ? "withdrawn" : Count(pack, "published")),
            ("Pinned for", pack => string.Join(", ", pack.GetProperty("pinnedFor").EnumerateArray().Select(school => school.GetString() is PackTarget.AllSchools ? "all" : school.GetString()!))),
            ("Delivered", pack => Count(pack, "delivered")),
            ("Verified", pack => Count(pack, "verified"))));
        return command;
    }

    private static Command Pin()
    {
        var pack = new Argument<string>("pack") { Description = "PACK; all its versions are meant" };
        var to = new Option<string>("--for") { Description = "\"all\", or school ids parted by commas", Required = true };
        var off = new Option<bool>("--off") { Description = "Let go of it again" };
        var command = new Command("pin", "Keep a pack on boxes: it goes last when they need room; the pin goes out with the plan") { pack, to, off };
        command.SetStaffAction(async (parsed, client, cancellationToken) =>
        {
            string id = parsed.GetValue(pack)!;
            ImmutableArray<string> schools = [.. parsed.GetValue(to)!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
            bool pinned = !parsed.GetValue(off);
            JsonElement answer = await client.PutAsync($"/api/packs/{Uri.EscapeDataString(id)}/pin", new PinRequest(schools, pinned), cancellationToken);
            CommandLine.Print(parsed, answer, $"{id} is {(pinned ? "pinned" : "no longer pinned")} for {string.Join(", ", schools)}");
        });
        return command;
    }

    private static Command Withdraw()
    {
        Argument<string> pack = PackArgument();
        var command = new Command("withdraw", "Take a version back for good (without @VERSION: all versions); boxes stop showing it") { pack };
        command.SetStaffAction(async (parsed, client, cancellationToken) =>
        {
            (string id, long? version) = Parse(parsed.GetValue(pack)!);
            JsonElement answer = await client.PostAsync($"/api/packs/{Uri.EscapeDataString(id)}/withdraw", new WithdrawRequest(version), cancellationToken);
            CommandLine.Print(parsed, answer, $"{id}: {answer.GetProperty("withdrawn").GetInt32()} versions withdrawn");
        });
        return command;
    }

    private static Command MakeErratum()
    {
        Argument<string> pack = PackArgument();
        var text = new Option<string[]>("--text") { Description = $"What is right, at most {Erratum.MaxTextBytes} bytes; several languages as en=… zh-Hans=…" };
        var path = new Option<string?>("--path") { Description = "The file that it is about" };
        var at = new Option<string?>("--at") { Description = "Place in a video or sound: 12:30" };
        var page = new Option<int?>("--page") { Description = "Page or slide, from 1" };
        var withdraw = new Option<string?>("--withdraw") { Description = "Take this erratum back instead" };
        var command = new Command("erratum", "Correct a version in words, at once: shown at schools until a later version shows (without @VERSION: the newest)") { pack, text, path, at, page, withdraw };
        command.SetStaffAction(async (parsed, client, cancellationToken) =>
        {
            (string id, long? version) = Parse(parsed.GetValue(pack)!);
            if (parsed.GetValue(withdraw) is { } erratum)
            {
                JsonElement gone = await client.PostAsync($"/api/packs/{Uri.EscapeDataString(id)}/errata/{Uri.EscapeDataString(erratum)}/withdraw", new { }, cancellationToken);
                CommandLine.Print(parsed, gone, $"{id}: erratum {erratum} is withdrawn");
                return;
            }
            if (LocalWords.Read(parsed.GetValue(text) ?? []) is not { } words)
                throw new CommandFailedException("an erratum needs a --text");
            JsonElement answer = await client.PostAsync($"/api/packs/{Uri.EscapeDataString(id)}/errata",
                new ErratumRequest(words, version, parsed.GetValue(path), parsed.GetValue(at), parsed.GetValue(page)), cancellationToken);
            CommandLine.Print(parsed, answer, $"{id}@{answer.GetProperty("through").GetInt64()}: erratum {answer.GetProperty("id").GetString()} goes to all schools with the next contact");
        });
        return command;
    }

    private static Command ListErrata()
    {
        var command = new Command("errata", "All errata");
        command.SetStaffAction(async (parsed, client, cancellationToken) => CommandLine.PrintTable(parsed, await client.GetAsync("/api/errata", cancellationToken),
            ("Id", erratum => erratum.GetProperty("id").GetString()!),
            ("Pack", erratum => $"{erratum.GetProperty("pack").GetString()}@{erratum.GetProperty("through").GetInt64()}"),
            ("File", erratum => erratum.GetProperty("path").GetString() ?? ""),
            ("Text", erratum => CommandLine.Local(erratum.GetProperty("text"))),
            ("State", erratum => erratum.GetProperty("withdrawn").GetBoolean() ? "withdrawn" : "in force")));
        return command;
    }

    private static Argument<string> PackArgument() => new("pack") { Description = "PACK or PACK@VERSION" };

    private static (string Id, long? Version) Parse(string text)
    {
        int at = text.IndexOf('@', StringComparison.Ordinal);
        if (at < 0)
            return (text, null);
        return long.TryParse(text.AsSpan(at + 1), System.Globalization.NumberStyles.None, null, out long version) ? (text[..at], version)
            : throw new CommandFailedException($"{text} is not PACK@VERSION");
    }

    private static string Count(JsonElement pack, string stage) => pack.GetProperty("funnel").GetProperty(stage).GetInt32().ToString("N0", null);

    /// <summary>The running relay as the builder needs it. Each object is checked by its name on arrival, so a build that was cut off goes on where it was.</summary>
    private static BuildTarget TargetAt(StaffClient client) => new(
        async (pack, cancellationToken) =>
        {
            JsonElement packs = await client.GetAsync("/api/packs", cancellationToken);
            JsonElement latest = packs.EnumerateArray().FirstOrDefault(p => p.GetProperty("id").GetString() == pack);
            if (latest.ValueKind == JsonValueKind.Undefined)
                return null;
            latest = await client.GetAsync($"/api/packs/{pack}", cancellationToken);
            byte[] bytes = await client.GetBytesAsync($"/api/content/{latest.GetProperty("manifest").GetString()}", ContentLimits.MaxManifestBytes, cancellationToken);
            return Manifest.Read(bytes, out string problem) is { } manifest ? new LatestPack(manifest, latest.GetProperty("withdrawn").GetBoolean())
                : throw new CommandFailedException($"the relay's manifest of {pack} cannot be read: {problem}");
        },
        async (asked, cancellationToken) =>
        {
            byte[] names = new byte[asked.Count * ChunkId.LengthBytes];
            for (int i = 0; i < asked.Count; i++)
                asked[i].CopyTo(names.AsSpan(i * ChunkId.LengthBytes));
            JsonElement answer = await client.PostAsync("/api/chunks/known", new ByteArrayContent(names), cancellationToken);
            return answer.Deserialize<KnownChunks>(JsonSerializerOptions.Web) is { Places.IsDefault: false, Volumes.IsDefault: false } known && known.Places.Length == asked.Count
                ? known : throw new CommandFailedException("the relay's answer about known chunks cannot be read");
        },
        (id, bytes, cancellationToken) => client.PutAsync($"/api/content/{id}", bytes, cancellationToken));

    private static Task<BuiltPack> ShowProgressAsync(ParseResult parsed, Func<IProgress<BuildProgress>?, Task<BuiltPack>> build)
    {
        if (parsed.GetValue(CommandLine.JsonOption) || System.Console.IsOutputRedirected)
            return build(null);
        return AnsiConsole.Progress().StartAsync(async context =>
        {
            ProgressTask cutting = context.AddTask("reading");
            ProgressTask packing = context.AddTask("packing", autoStart: false);
            BuiltPack built = await build(new TaskProgress(cutting, packing));
            packing.Value = packing.MaxValue;
            return built;
        });
    }

    private sealed class TaskProgress(ProgressTask cutting, ProgressTask packing) : IProgress<BuildProgress>
    {
        public void Report(BuildProgress value)
        {
            ProgressTask task = value.Packing ? packing : cutting;
            task.MaxValue = Math.Max(1, value.TotalBytes);
            task.Value = value.DoneBytes;
        }
    }
}
