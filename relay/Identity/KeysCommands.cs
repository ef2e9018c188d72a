using System.CommandLine;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Edge.Core.Identity;
using Edge.Durable;
using Relay.Cli;

namespace Relay.Identity;

/// <summary><c>relay keys show|broker</c>: works on the data folder, not through a running relay.</summary>
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
        var command = new Command("keys", "Keys: show what there is, make a certificate for an external broker") { data };
        command.Subcommands.Add(Show(data, time));
        command.Subcommands.Add(Broker(data, time));
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
