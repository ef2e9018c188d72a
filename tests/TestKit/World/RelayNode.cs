using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using TestKit.Processes;

namespace TestKit.World;

/// <summary>A relay as a real process, with its own folder and ports, and the CLI beside it.</summary>
public sealed class RelayNode : IAsyncDisposable
{
    private readonly Dictionary<string, string> _environment;
    private readonly ServerProcess _process;
    private HttpClient? _staff;

    public RelayNode(string folder, IReadOnlyDictionary<string, string>? settings = null)
    {
        Folder = folder;
        _environment = new Dictionary<string, string>
        {
            ["Relay__DataFolder"] = folder,
            ["Relay__ConsolePort"] = $"{ConsolePort}",
            ["Relay__BoxPort"] = $"{BoxPort}",
            ["Relay__BoxAddress"] = "127.0.0.1",
            ["Sync__BrokerPort"] = $"{MqttPort}",
            ["Sync__BrokerAddress"] = "127.0.0.1",
            // Lower rungs only where a test is about them: each ladder takes its share of a core.
            ["Ladder__Rungs"] = "",
            ["RELAY_URL"] = $"http://127.0.0.1:{ConsolePort}",
        };
        foreach ((string name, string value) in settings ?? new Dictionary<string, string>())
            _environment[name] = value;
        _process = new ServerProcess("dotnet", [Dll, "serve"], _environment);
    }

    private static string Dll => Repository.Program("relay", "relay");

    public string Folder { get; }

    public int ConsolePort { get; } = FreePort.Take();

    public int BoxPort { get; } = FreePort.Take();

    public int MqttPort { get; } = FreePort.Take();

    public string AuthorityFile => Path.Combine(Folder, "keys", "ca.pem");

    public Uri Console => new($"http://127.0.0.1:{ConsolePort}/");

    public string StaffKey => File.ReadAllText(Path.Combine(Folder, "keys", "staff.key")).Trim();

    public string Output => _process.Output;

    /// <inheritdoc cref="ServerProcess.Heard"/>
    public Action<string>? Heard
    {
        get => _process.Heard;
        set => _process.Heard = value;
    }

    public int ProcessId => _process.Id;

    public bool Running => _process.Running;

    /// <summary>The staff API, signed in.</summary>
    public HttpClient Staff
    {
        get
        {
            if (_staff is null)
            {
                _staff = new HttpClient { BaseAddress = Console };
                _staff.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", StaffKey);
            }
            return _staff;
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => _process.StartAsync(new Uri(Console, "healthz"), cancellationToken);

    /// <summary>Starts it without waiting for its first answer.</summary>
    public Task LaunchAsync(CancellationToken cancellationToken) => _process.StartAsync(null, cancellationToken);

    public Task KillAsync() => _process.KillAsync();

    public Task StopAsync() => _process.StopAsync();

    /// <summary>Runs <c>relay …</c> as staff do.</summary>
    public async Task<(int ExitCode, string Output, string Error)> RunAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Dll, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in _environment)
            start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        Task<string> error = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, await output, await error);
    }

    /// <summary>Runs <c>relay … --json</c> and reads its answer.</summary>
    /// <exception cref="InvalidOperationException">It did not end with 0.</exception>
    public async Task<JsonElement> CliAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        (int exitCode, string output, string error) = await RunAsync(cancellationToken, [.. arguments, "--json"]);
        return exitCode == 0 ? JsonElement.Parse(output) : throw new InvalidOperationException($"relay {string.Join(' ', arguments)} ended with {exitCode}: {error}{output}");
    }

    public Task<JsonElement> GetAsync(string path, CancellationToken cancellationToken) => Staff.GetFromJsonAsync<JsonElement>(path, cancellationToken);

    public ValueTask DisposeAsync()
    {
        _staff?.Dispose();
        return _process.DisposeAsync();
    }
}
