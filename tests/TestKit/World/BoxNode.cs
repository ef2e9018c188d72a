using System.Text.Json;
using TestKit.Link;
using TestKit.Processes;

namespace TestKit.World;

/// <summary>A box as a real process. Its way to the relay goes through two proxies that a test can cut, slow and count.</summary>
public sealed class BoxNode : IAsyncDisposable
{
    private readonly ServerProcess _process;
    private readonly LanHost? _host;

    /// <param name="program">A published box to run; null: <see cref="Repository.PublishedBox"/>, or else the one built with this test.</param>
    /// <param name="host">Machine of its own that it runs on; null: this one.</param>
    public BoxNode(string folder, RelayNode relay, IReadOnlyDictionary<string, string>? settings = null, string? program = null, LanHost? host = null)
    {
        Folder = folder;
        _host = host;
        Api = ImpairedProxy.To(relay.BoxPort, address: host is null ? null : SchoolLan.Gateway);
        Mqtt = ImpairedProxy.To(relay.MqttPort, address: host is null ? null : SchoolLan.Gateway);
        var environment = new Dictionary<string, string>
        {
            ["Box__DataFolder"] = folder,
            ["Box__Port"] = $"{Port}",
            ["Box__ToolPort"] = $"{ToolPort}",
            ["Box__Address"] = host?.Address.ToString() ?? "127.0.0.1",
            ["Identity__RelayUrl"] = $"https://{(host is null ? "localhost" : SchoolLan.RelayName)}:{Api.Port}",
            ["Identity__AuthorityFile"] = relay.AuthorityFile,
            ["Identity__ClaimPollInterval"] = "00:00:00.300",
            ["Sync__BrokerPort"] = $"{Mqtt.Port}",
        };
        if (host is not null)
            environment["DBUS_SYSTEM_BUS_ADDRESS"] = host.BusAddress;
        foreach ((string name, string value) in settings ?? new Dictionary<string, string>())
            environment[name] = value;
        string[] command = (program ?? Repository.PublishedBox) is { } published ? [published, "run"] : ["dotnet", Repository.Program("edge/Box", "box"), "run"];
        if (host is not null)
            command = host.Command(command);
        _process = new ServerProcess(command[0], command[1..], environment);
        Http = new HttpClient { BaseAddress = Site };
    }

    public string Folder { get; }

    public int Port { get; } = FreePort.Take();

    /// <summary>Port of the interactive tools.</summary>
    public int ToolPort { get; } = FreePort.Take();

    public Uri Site => new($"http://{_host?.Address.ToString() ?? "127.0.0.1"}:{Port}/");

    /// <summary>The link to the box API: lists, chunks, live segments.</summary>
    public ImpairedProxy Api { get; }

    /// <summary>The link to the broker.</summary>
    public ImpairedProxy Mqtt { get; }

    /// <summary>A phone on the school's network.</summary>
    public HttpClient Http { get; }

    public string Output => _process.Output;

    public int ProcessId => _process.Id;

    public bool Running => _process.Running;

    public Task StartAsync(CancellationToken cancellationToken) => _process.StartAsync(new Uri(Site, "healthz"), cancellationToken);

    /// <summary>Starts it without waiting for its first answer.</summary>
    public Task LaunchAsync(CancellationToken cancellationToken) => _process.StartAsync(null, cancellationToken);

    public Task KillAsync() => _process.KillAsync();

    public Task StopAsync() => _process.StopAsync();

    public void CutLink()
    {
        Api.Cut();
        Mqtt.Cut();
    }

    public void JoinLink()
    {
        Api.Join();
        Mqtt.Join();
    }

    public async Task<JsonElement> StatusAsync(CancellationToken cancellationToken) =>
        JsonElement.Parse(await Http.GetStringAsync("/status.json", cancellationToken));

    /// <summary>Reads the code off the box and has staff claim it for <paramref name="school"/>; returns when the box knows.</summary>
    public async Task ClaimAsync(RelayNode relay, string school, CancellationToken cancellationToken)
    {
        string code = (await StatusAsync(cancellationToken)).GetProperty("claimCode").GetString()!;
        // The code is on the display before the relay has heard of it: staff would try again, too.
        await Eventually.Async(
            async () => (await relay.RunAsync(cancellationToken, "box", "claim", code, "--school", school)).ExitCode == 0,
            $"code {code} is claimed", cancellationToken, evidence: () => Output);
        await Eventually.Async(
            async () => (await StatusAsync(cancellationToken)).GetProperty("box").ValueKind == JsonValueKind.String, "the box has its certificate", cancellationToken,
            evidence: () => Output);
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Http.Dispose();
        await Api.DisposeAsync();
        await Mqtt.DisposeAsync();
    }
}
