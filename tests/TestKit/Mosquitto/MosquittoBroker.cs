using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Durable;
using TestKit.Identity;
using TestKit.Processes;

namespace TestKit.Mosquitto;

/// <summary>Debian's Mosquitto as a process, with the product's own configuration (<c>relay/mosquitto</c>) and only the port changed.</summary>
public sealed class MosquittoBroker : IAsyncDisposable
{
    private const string Program = "/usr/sbin/mosquitto";
    private readonly string _folder;
    private Process? _process;

    private MosquittoBroker(string folder, int port)
    {
        _folder = folder;
        Port = port;
    }

    public static bool IsInstalled => File.Exists(Program);

    public int Port { get; }

    /// <param name="certificates">Whose authority the broker trusts and has its certificate from.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public static async Task<MosquittoBroker> StartAsync(TestCertificates certificates, CancellationToken cancellationToken)
    {
        using X509Certificate2 server = certificates.Server();
        using ECDsa key = server.GetECDsaPrivateKey()!;
        return await StartAsync(FreePort.Take(), certificates.Authority.ExportCertificatePem(), server.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem(), cancellationToken);
    }

    /// <param name="port">Port to listen on.</param>
    /// <param name="certificates">Folder with <c>ca.pem</c>, <c>broker.pem</c> and <c>broker.key</c>, as <c>relay keys broker</c> writes them.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public static async Task<MosquittoBroker> StartAsync(int port, string certificates, CancellationToken cancellationToken)
    {
        Task<string> Text(string name) => File.ReadAllTextAsync(Path.Combine(certificates, name), cancellationToken);
        return await StartAsync(port, await Text("ca.pem"), await Text("broker.pem"), await Text("broker.key"), cancellationToken);
    }

    private static async Task<MosquittoBroker> StartAsync(int port, string authority, string certificate, string key, CancellationToken cancellationToken)
    {
        var broker = new MosquittoBroker(Directory.CreateTempSubdirectory("mosquitto-").FullName, port);
        string configuration = Path.Combine(Repository.Root, "relay", "mosquitto");
        string text = await File.ReadAllTextAsync(Path.Combine(configuration, "mosquitto.conf"), cancellationToken);
        // As root the broker would change to a user that may not read the keys here.
        string changed = text.Replace("listener 8883", $"listener {broker.Port} 127.0.0.1\nuser {Environment.UserName}", StringComparison.Ordinal);
        await broker.WriteAsync("mosquitto.conf", changed, cancellationToken);
        await broker.WriteAsync("acl", await File.ReadAllTextAsync(Path.Combine(configuration, "acl"), cancellationToken), cancellationToken);
        await broker.WriteAsync("ca.pem", authority, cancellationToken);
        await broker.WriteAsync("broker.pem", certificate, cancellationToken);
        await broker.WriteAsync("broker.key", key, cancellationToken);
        File.SetUnixFileMode(Path.Combine(broker._folder, "acl"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await broker.RunAsync(cancellationToken);
        return broker;
    }

    /// <summary>Kills the process; what it had in memory is gone.</summary>
    public async Task KillAsync()
    {
        if (_process is null)
            return;
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Starts it (again) on the same port.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        _process = Process.Start(new ProcessStartInfo(Program, ["-c", "mosquitto.conf"])
        {
            WorkingDirectory = _folder,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        _process.ErrorDataReceived += (_, _) => { };
        _process.OutputDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        for (int tries = 0; tries < 200; tries++)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, Port, cancellationToken);
                return;
            }
            catch (SocketException) when (!_process.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System, cancellationToken);
            }
        }
        throw new IOException("mosquitto does not listen");
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private Task WriteAsync(string name, string text, CancellationToken cancellationToken) =>
        DurableFile.WriteAsync(Path.Combine(_folder, name), System.Text.Encoding.ASCII.GetBytes(text), cancellationToken);
}
