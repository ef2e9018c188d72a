using System.Net;
using System.Security.Cryptography.X509Certificates;
using Edge.Core.Identity;
using TestKit;
using TestKit.Disk;

namespace EndToEnd.World;

/// <summary>A relay, and a box that is claimed for a school: where most stories begin.</summary>
public sealed class School : IAsyncDisposable
{
    public const string Name = "Hope School";
    public const string Id = "hope-school";

    public School(IReadOnlyDictionary<string, string>? relaySettings = null, Func<TempFolder, Dictionary<string, string>>? boxSettings = null)
    {
        Relay = new RelayNode(Folder["relay"], With(Quick.Relay, relaySettings));
        Box = new BoxNode(Folder["box"], Relay, With(Quick.Box, boxSettings?.Invoke(Folder)));
    }

    public TempFolder Folder { get; } = new();

    public RelayNode Relay { get; }

    public BoxNode Box { get; }

    public string Evidence => $"--- box\n{Box.Output}\n--- relay\n{Relay.Output}";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await Relay.StartAsync(cancellationToken);
        await Box.StartAsync(cancellationToken);
        await Box.ClaimAsync(Relay, Name, cancellationToken);
    }

    /// <summary>Schedules a lesson that begins now and waits until the box knows it.</summary>
    /// <returns>Where its encoder sends to.</returns>
    public async Task<Uri> ScheduleAsync(string lesson, CancellationToken cancellationToken)
    {
        var scheduled = await Relay.CliAsync(cancellationToken, "lesson", "schedule", "--id", lesson, "--title", "Fractions", "--class", "3A", "--poll", "Ready?|yes|no");
        await Eventually.Async(async () => (await Box.StatusAsync(cancellationToken)).GetProperty("lessons").EnumerateArray().Any(known => known.GetProperty("id").GetString() == lesson),
            $"the box knows lesson {lesson}", cancellationToken, evidence: () => Evidence);
        return new Uri(Relay.Console, scheduled.GetProperty("ingest").GetString());
    }

    /// <summary>The box's certificate with its key, off its disk.</summary>
    public async Task<X509Certificate2> BoxCertificateAsync(CancellationToken cancellationToken)
    {
        string folder = Path.Combine(Box.Folder, "identity");
        EnrolGrant grant = EnrolGrant.Read(await File.ReadAllBytesAsync(Path.Combine(folder, "grant.json"), cancellationToken))!;
        string key = await File.ReadAllTextAsync(Path.Combine(folder, "box.key"), cancellationToken);
        using X509Certificate2 read = X509Certificate2.CreateFromPem(grant.Certificate, key);
        return X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>A client of the relay's box API that shows <paramref name="certificate"/>, or none.</summary>
    public HttpClient BoxApi(X509Certificate2? certificate)
    {
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.ImportFromPemFile(Relay.AuthorityFile);
        var handler = new SocketsHttpHandler { SslOptions = { CertificateChainPolicy = trust }, AutomaticDecompression = DecompressionMethods.All };
        if (certificate is not null)
            handler.SslOptions.ClientCertificates = [certificate];
        return new HttpClient(handler) { BaseAddress = new Uri($"https://localhost:{Relay.BoxPort}") };
    }

    public async ValueTask DisposeAsync()
    {
        await Box.DisposeAsync();
        await Relay.DisposeAsync();
        Folder.Dispose();
    }

    private static Dictionary<string, string> With(Dictionary<string, string> settings, IReadOnlyDictionary<string, string>? more)
    {
        foreach ((string name, string value) in more ?? new Dictionary<string, string>())
            settings[name] = value;
        return settings;
    }
}
