using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace TestKit.Processes;

/// <summary>A real process of ours or a peer's that a test starts, asks, kills and starts again. Stops with the test.</summary>
public sealed partial class ServerProcess : IAsyncDisposable
{
    private const int KeptLines = 400;

    private readonly ProcessStartInfo _start;
    private readonly ConcurrentQueue<string> _output = new();
    private Process? _process;

    public ServerProcess(string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? workingFolder = null)
    {
        _start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = workingFolder ?? "" };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
            _start.Environment[name] = value;
    }

    public bool Running => _process is { HasExited: false };

    public int Id => _process?.Id ?? throw new InvalidOperationException("not started");

    /// <summary>The last lines it printed, for the message of a failed test.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>Is given each line that it prints, as it comes; on any thread.</summary>
    public Action<string>? Heard { get; set; }

    /// <summary>Starts it; then waits until <paramref name="ready"/> answers with success, at most <paramref name="patience"/> (default 90 s).</summary>
    /// <exception cref="TimeoutException">It did not come up; the message has its output.</exception>
    public async Task StartAsync(Uri? ready, CancellationToken cancellationToken, TimeSpan? patience = null)
    {
        if (Running)
            throw new InvalidOperationException("already running");
        _process = Process.Start(_start)!;
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        if (ready is null)
            return;
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        await Eventually.Async(async () =>
        {
            if (!Running)
                throw new InvalidOperationException($"{_start.FileName} {string.Join(' ', _start.ArgumentList)} ended with {_process.ExitCode}:\n{Output}");
            using HttpResponseMessage answer = await http.GetAsync(ready, cancellationToken);
            return answer.IsSuccessStatusCode;
        }, $"{ready} answers", cancellationToken, patience ?? TimeSpan.FromSeconds(90), () => Output);
    }

    /// <summary>SIGKILL: as a crash, or the process's part of a power cut.</summary>
    public async Task KillAsync()
    {
        if (_process is null)
            return;
        _process.Kill(entireProcessTree: false);
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>SIGTERM, as systemd stops a service; SIGKILL after ten seconds.</summary>
    public async Task StopAsync()
    {
        if (!Running)
            return;
        _ = Kill(_process!.Id, 15);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10), TimeProvider.System);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            await KillAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process?.Dispose();
        _process = null;
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null)
            return;
        Heard?.Invoke(line.Data);
        _output.Enqueue(line.Data);
        while (_output.Count > KeptLines)
            _output.TryDequeue(out _);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
