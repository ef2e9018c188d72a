using System.CommandLine;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Edge.Core.Identity;
using Edge.Durable;
using Relay.Cli;

namespace Relay.Identity;

/// <summary><c>relay keys …</c>: roots, staff keys, rotation; broker certificates. What signs works on files alone, on any machine.</summary>
public static class KeysCommands
{
    public static Command Create(TimeProvider time)
    {
        var data = new Option<string>("--data")
        {
            Description = "The relay's data folder",
            Recursive = true,
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable("Relay__DataFolder") ?? "relay-data",
        };
        var command = new Command("keys", "Keys: who may sign what, new roots, staff keys, rotation, a certificate for an external broker") { data };
        command.Subcommands.Add(List());
        command.Subcommands.Add(Root(time));
        command.Subcommands.Add(NewKey("staff", "new", "Keys of people who answer for what is published", "Make a staff member's signing key: NAME.key, protected by a passphrase, and NAME.pub to give away"));
        command.Subcommands.Add(Rotate(time));
        command.Subcommands.Add(Backup(data));
        command.Subcommands.Add(Restore(data));
        command.Subcommands.Add(Show(data, time));
        command.Subcommands.Add(Broker(data, time));
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "The root in force: who signs roots, lists and what is published");
        command.SetStaffAction(async (parsed, client, cancellationToken) =>
        {
            TrustRoot root = await RootInForceAsync(client, cancellationToken);
            CommandLine.Print(parsed, System.Text.Json.JsonElement.Parse(root.ToPayload()), Describe(root));
        });
        return command;
    }

    private static Command Root(TimeProvider time)
    {
        var command = new Command("root", "Root lists: make, sign, look at, publish");
        command.Subcommands.Add(NewKey("key", null, "", "Make a root key: NAME.key, protected by a passphrase, and NAME.pub. Keep it off the relay's machine"));
        command.Subcommands.Add(NewRoot(time));
        command.Subcommands.Add(SignRoot());
        command.Subcommands.Add(ShowRoot());
        command.Subcommands.Add(PublishRoot());
        return command;
    }

    /// <summary>A verb that makes a key; with <paramref name="verb"/> it stands under a group of its own.</summary>
    private static Command NewKey(string name, string? verb, string groupText, string text)
    {
        var keyName = new Argument<string>("name") { Description = "What others see beside the signature: lower-case letters, digits, hyphens" };
        var folder = new Option<string>("--out") { Description = "Folder for the two files", DefaultValueFactory = _ => "." };
        var command = new Command(verb ?? name, text) { keyName, folder, Passphrase.FileOption };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            (string wanted, string target) = (parsed.GetValue(keyName)!, parsed.GetValue(folder)!);
            string id = await KeyFile.CreateAsync(target, wanted, Passphrase.ForNew(parsed), cancellationToken);
            CommandLine.Print(parsed, System.Text.Json.JsonSerializer.SerializeToElement(new { name = wanted, key = id, folder = target }),
                $"{Path.Combine(target, wanted)}.key (keep it) and {wanted}.pub (give it away); key {id}");
            return 0;
        });
        if (verb is null)
            return command;
        var group = new Command(name, groupText);
        group.Subcommands.Add(command);
        return group;
    }

    private static Command NewRoot(TimeProvider time)
    {
        var threshold = new Option<int?>("--threshold") { Description = "How many root keys must sign the next root" };
        var keys = new Option<string?>("--keys") { Description = "Root keys: public key files parted by commas" };
        var publishThreshold = new Option<int?>("--publish-threshold") { Description = "How many staff keys must sign each pack version" };
        var publishKeys = new Option<string?>("--publish-keys") { Description = "Staff keys: public key files parted by commas" };
        var noPublish = new Option<bool>("--no-publish") { Description = "Ask for no staff signatures any more" };
        var expires = new Option<string?>("--expires") { Description = "Day (yyyy-MM-dd) after which boxes warn that a newer root should have come" };
        Option<string> target = OutOption();
        var command = new Command("new", "Write the next root, unsigned; what is not named stays as it is") { threshold, keys, publishThreshold, publishKeys, noPublish, expires, target };
        command.SetStaffAction(async (parsed, client, cancellationToken) =>
        {
            TrustRoot root = await RootInForceAsync(client, cancellationToken);
            var named = new Dictionary<string, string>();
            TrustRole role = RoleOf(parsed.GetValue(keys), parsed.GetValue(threshold), root.Root, ref root, named);
            TrustRole? staff = parsed.GetValue(noPublish) ? null
                : parsed.GetValue(publishKeys) is null && root.Publish is null ? null
                : RoleOf(parsed.GetValue(publishKeys), parsed.GetValue(publishThreshold), root.Publish ?? new TrustRole([], 1), ref root, named);
            DateTimeOffset? end = parsed.GetValue(expires) is not { } text ? root.Expires
                : DateOnly.TryParseExact(text, "yyyy-MM-dd", out DateOnly day) ? new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero)
                : throw new CommandFailedException($"{text} is no day: write it as 2029-03-01");
            await WriteDraftAsync(parsed, parsed.GetValue(target)!, root with { Root = role, Publish = staff, Expires = end }, time, cancellationToken);
        });
        return command;
    }

    private static Command Rotate(TimeProvider time)
    {
        var use = new Argument<string>("use") { Description = "lists: what signs catalogue and plans; sealing: what boxes seal for the relay" };
        use.AcceptOnlyFromAmong("lists", "sealing");
        Option<string> target = OutOption();
        var command = new Command("rotate", "Have the relay make a fresh key and write the root that puts it in place of the former; sign and publish that root") { use, target };
        command.SetStaffAction(async (parsed, client, cancellationToken) =>
        {
            string publicKey = (await client.PostAsync($"/api/keys/{parsed.GetValue(use)}", new { }, cancellationToken)).GetProperty("publicKey").GetString()!;
            TrustRoot root = await RootInForceAsync(client, cancellationToken);
            string id = KeyId.Of(Convert.FromBase64String(publicKey));
            TrustRoot next = parsed.GetValue(use) == "sealing" ? root with { Sealing = publicKey }
                : root with
                {
                    Keys = root.Keys.SetItem(id, publicKey),
                    Names = (root.Names ?? System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty).SetItem(id, RelayKeys.ListKeyName),
                    Catalogue = new TrustRole([id], 1),
                    Plan = new TrustRole([id], 1),
                };
            await WriteDraftAsync(parsed, parsed.GetValue(target)!, next, time, cancellationToken);
        });
        return command;
    }

    private static Command SignRoot()
    {
        Argument<string> file = FileArgument();
        var key = new Option<string>("--key") { Description = "Private key file", Required = true };
        var command = new Command("sign", "Add a signature to a root; needs neither the relay nor its folder") { file, key, Passphrase.FileOption };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string path = parsed.GetValue(file)!;
            (SignedList list, TrustRoot root) = await ReadRootAsync(path, cancellationToken);
            using System.Security.Cryptography.ECDsa signer = KeyFile.Open(parsed.GetValue(key)!, () => Passphrase.Of(parsed));
            SignedList signed = list.WithSignature(signer);
            await DurableFile.WriteAsync(path, signed.ToBytes(), cancellationToken);
            Print(parsed, signed, root);
            return 0;
        });
        return command;
    }

    private static Command ShowRoot()
    {
        Argument<string> file = FileArgument();
        var command = new Command("show", "What a root says and who has signed it") { file };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            (SignedList list, TrustRoot root) = await ReadRootAsync(parsed.GetValue(file)!, cancellationToken);
            Print(parsed, list, root);
            return 0;
        });
        return command;
    }

    private static Command PublishRoot()
    {
        Argument<string> file = FileArgument();
        var command = new Command("publish", "Hand a signed root to the relay; boxes walk on to it") { file };
        command.SetStaffAction(async (parsed, client, cancellationToken) =>
        {
            (SignedList list, _) = await ReadRootAsync(parsed.GetValue(file)!, cancellationToken);
            System.Text.Json.JsonElement answer = await client.PostAsync("/api/keys/root", new ByteArrayContent(list.ToBytes()), cancellationToken);
            CommandLine.Print(parsed, answer, answer.GetProperty("published").GetBoolean() ? $"root {answer.GetProperty("version").GetInt64()} is in force" : "this root is in force already");
        });
        return command;
    }

    private static Option<string> OutOption() => new("--out") { Description = "File to write the unsigned root to", Required = true };

    private static Argument<string> FileArgument() => new("file") { Description = "File with a root list" };

    private static async Task<TrustRoot> RootInForceAsync(StaffClient client, CancellationToken cancellationToken) =>
        SignedList.TryParse(await client.GetBytesAsync("/api/keys/root", RootChain.MaxRootBytes, cancellationToken), out SignedList list) && TrustRoot.Read(list.Payload.Span) is { } root
            ? root : throw new CommandFailedException("the relay's root cannot be read");

    private static async Task<(SignedList List, TrustRoot Root)> ReadRootAsync(string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path) || new FileInfo(path).Length > RootChain.MaxRootBytes)
            throw new CommandFailedException($"there is no root in {path}");
        return SignedList.TryParse(await File.ReadAllBytesAsync(path, cancellationToken), out SignedList list) && list.Kind == ListKind.Root && TrustRoot.Read(list.Payload.Span) is { } root
            ? (list, root) : throw new CommandFailedException($"{path} is no sound root list");
    }

    /// <summary>A role of the given public key files; what is not given is kept.</summary>
    private static TrustRole RoleOf(string? files, int? threshold, TrustRole kept, ref TrustRoot root, Dictionary<string, string> named)
    {
        if (files is null)
            return threshold is null ? kept : kept with { Threshold = threshold.Value };
        var ids = System.Collections.Immutable.ImmutableArray.CreateBuilder<string>();
        foreach (string file in files.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            (string name, string publicKey) = KeyFile.ReadPublic(file);
            string id = PublicKeys.IdOf(publicKey)!;
            if (!named.TryAdd(id, name) && named[id] != name)
                throw new CommandFailedException($"{name} and {named[id]} are the same key");
            root = root with { Keys = root.Keys.SetItem(id, publicKey), Names = (root.Names ?? System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty).SetItem(id, name) };
            ids.Add(id);
        }
        return new TrustRole(ids.ToImmutable(), threshold ?? kept.Threshold);
    }

    private static async Task WriteDraftAsync(ParseResult parsed, string path, TrustRoot root, TimeProvider time, CancellationToken cancellationToken)
    {
        string[] used = [.. root.Root.Keys, .. root.Catalogue.Keys, .. root.Plan.Keys, .. root.Publish?.Keys ?? []];
        TrustRoot next = root with
        {
            Version = root.Version + 1,
            Keys = root.Keys.RemoveRange(root.Keys.Keys.Except(used)),
            Names = root.Names?.RemoveRange(root.Names.Keys.Except(used)),
            Issued = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds()),
        };
        if (TrustRoot.Read(next.ToPayload()) is null)
            throw new CommandFailedException("this root could not be met: a threshold is above the number of its keys, or below one");
        var draft = new SignedList(ListKind.Root, [], next.ToPayload());
        await DurableFile.WriteAsync(path, draft.ToBytes(), cancellationToken);
        Print(parsed, draft, next);
    }

    private static void Print(ParseResult parsed, SignedList list, TrustRoot root)
    {
        string signers = list.Signatures.IsEmpty ? "nobody" : string.Join(", ", list.Signatures.Select(signature => KeysEndpoints.NameOf(root, signature.Key)));
        CommandLine.Print(parsed, System.Text.Json.JsonSerializer.SerializeToElement(new { root = System.Text.Json.JsonElement.Parse(root.ToPayload()), signatures = list.Signatures.Select(signature => signature.Key), enoughOfItsOwn = root.Trusts(list) }),
            $"{Describe(root)}\nsigned by     {signers}{(root.Trusts(list) ? "; enough of its own keys" : "; too few of its own keys yet")}");
    }

    private static string Describe(TrustRoot root) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"""
        root          version {root.Version}{(root.Expires is { } end ? $", until {end:yyyy-MM-dd}" : "")}
        next root     {root.Root.Threshold} of {KeysEndpoints.NamesOf(root, root.Root)}
        lists         {root.Catalogue.Threshold} of {KeysEndpoints.NamesOf(root, root.Catalogue)}
        publishing    {(root.Publish is { } staff ? $"{staff.Threshold} of {KeysEndpoints.NamesOf(root, staff)}" : "the relay alone")}
        """);

    private static Command Backup(Option<string> data)
    {
        var file = new Argument<string>("file") { Description = "File to write" };
        var command = new Command("backup", "Write the keys folder to one file under a passphrase") { file, Passphrase.FileOption };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string folder = Path.Combine(parsed.GetValue(data)!, "keys");
            if (!Directory.Exists(folder))
                throw new CommandFailedException($"no keys in {folder}");
            int files = await KeysBackup.WriteAsync(folder, parsed.GetValue(file)!, Passphrase.ForNew(parsed), cancellationToken);
            CommandLine.Print(parsed, System.Text.Json.JsonSerializer.SerializeToElement(new { file = parsed.GetValue(file), files }), $"{files} files of {folder} are in {parsed.GetValue(file)}; keep it apart from the relay");
            return 0;
        });
        return command;
    }

    private static Command Restore(Option<string> data)
    {
        var file = new Argument<string>("file") { Description = "File that \"keys backup\" wrote" };
        var command = new Command("restore", "Put a backup back into a data folder that has no keys; the relay must be stopped") { file, Passphrase.FileOption };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string folder = Path.Combine(parsed.GetValue(data)!, "keys");
            int files = await KeysBackup.RestoreAsync(parsed.GetValue(file)!, folder, Passphrase.Of(parsed), cancellationToken);
            CommandLine.Print(parsed, System.Text.Json.JsonSerializer.SerializeToElement(new { folder, files }), $"{files} files are back in {folder}");
            return 0;
        });
        return command;
    }

    private static Command Show(Option<string> data, TimeProvider time)
    {
        var command = new Command("show", "The authority and the keys that sign lists");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using RelayKeys keys = await OpenAsync(parsed.GetValue(data)!, time, cancellationToken);
            TrustRoot root = TrustRoot.Read(keys.Root.Payload.Span)!;
            var answer = System.Text.Json.JsonSerializer.SerializeToElement(new
            {
                authority = keys.Authority.Certificate.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256),
                authorityEnds = new DateTimeOffset(keys.Authority.Certificate.NotAfter),
                root = new { version = root.Version, keys = root.Root.Keys, threshold = root.Root.Threshold },
                lists = new { keys = root.Catalogue.Keys, threshold = root.Catalogue.Threshold },
            });
            CommandLine.Print(parsed, answer, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"""
                authority     SHA-256 {keys.Authority.Certificate.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256)}
                good until    {keys.Authority.Certificate.NotAfter:yyyy-MM-dd}
                root list     version {root.Version}, {root.Root.Threshold} of {string.Join(", ", root.Root.Keys)}
                other lists   {root.Catalogue.Threshold} of {string.Join(", ", root.Catalogue.Keys)}
                """));
            return 0;
        });
        return command;
    }

    private static Command Broker(Option<string> data, TimeProvider time)
    {
        var names = new Option<string>("--name") { Description = "Names by which boxes and relay reach the broker, parted by commas", Required = true };
        var folder = new Option<string>("--out") { Description = "Folder to write ca.pem, broker.pem and broker.key to", Required = true };
        var command = new Command("broker", "Make a server certificate for an external broker, good for 13 months") { names, folder };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using RelayKeys keys = await OpenAsync(parsed.GetValue(data)!, time, cancellationToken);
            string[] wanted = parsed.GetValue(names)!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            if (wanted.Length == 0)
                throw new CommandFailedException("--name is empty");
            string target = parsed.GetValue(folder)!;
            Directory.CreateDirectory(target);
            using X509Certificate2 certificate = keys.Authority.IssueServer(wanted);
            await DurableFile.WriteAsync(Path.Combine(target, "ca.pem"), Pem(keys.Authority.Certificate.ExportCertificatePem()), cancellationToken);
            await DurableFile.WriteSecretAsync(Path.Combine(target, "broker.key"), Pem(certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem()), cancellationToken);
            await DurableFile.WriteAsync(Path.Combine(target, "broker.pem"), Pem(certificate.ExportCertificatePem()), cancellationToken);
            CommandLine.Print(parsed, System.Text.Json.JsonSerializer.SerializeToElement(new { folder = target, names = wanted }), $"written to {target}: ca.pem, broker.pem, broker.key");
            return 0;
        });
        return command;
    }

    private static async Task<RelayKeys> OpenAsync(string data, TimeProvider time, CancellationToken cancellationToken)
    {
        string folder = Path.Combine(data, "keys");
        return File.Exists(Path.Combine(folder, "ca.key"))
            ? await RelayKeys.OpenAsync(folder, ["localhost"], time, cancellationToken)
            : throw new CommandFailedException($"no keys in {folder}; the relay makes them on its first start");
    }

    private static byte[] Pem(string text) => Encoding.ASCII.GetBytes(text + "\n");
}
