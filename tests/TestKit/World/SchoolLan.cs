using System.Globalization;
using System.Net;
using TestKit.Link;
using TestKit.Processes;

namespace TestKit.World;

/// <summary>A school's network: a bridge on this machine, and hosts in network namespaces of their own, each with the D-Bus and avahi daemons that a real box has. Needs root.</summary>
public sealed class SchoolLan : IAsyncDisposable
{
    /// <summary>The relay's name at the hosts: the bridge, where this machine listens.</summary>
    public const string RelayName = "relay.test";

    private readonly List<LanHost> _hosts = [];
    private readonly string _folder;
    private readonly string _bridge;

    private SchoolLan(string folder, string bridge) => (_folder, _bridge) = (folder, bridge);

    /// <summary>This machine on the network.</summary>
    public static IPAddress Gateway { get; } = IPAddress.Parse("10.78.0.1");

    /// <summary>Why there can be none on this machine; null: there can.</summary>
    public static string? Trouble() =>
        !Environment.IsPrivilegedProcess ? "only root may make networks"
        : new[] { "/usr/sbin/avahi-daemon", "/usr/bin/avahi-browse", "/usr/bin/dbus-daemon", "/usr/sbin/ip" }.FirstOrDefault(tool => !File.Exists(tool)) is { } tool ? $"{tool} is not installed"
        : null;

    /// <param name="folder">For the daemons' files.</param>
    public static SchoolLan Create(string folder)
    {
        Directory.CreateDirectory(folder);
        string bridge = $"edge{Environment.ProcessId % 100_000}";
        IpRoute.Run("link", "add", bridge, "type", "bridge", "mcast_snooping", "0");
        var lan = new SchoolLan(folder, bridge);
        IpRoute.Run("address", "add", $"{Gateway}/24", "dev", bridge);
        IpRoute.Run("link", "set", bridge, "up");
        return lan;
    }

    /// <summary>Another machine on the network, its daemons running.</summary>
    public async Task<LanHost> AddAsync(CancellationToken cancellationToken)
    {
        int number = _hosts.Count + 2;
        string space = $"{_bridge}-{number}", cable = $"{_bridge}v{number}";
        IpRoute.Run("netns", "add", space);
        // Bound over the files of the same name by "ip netns exec".
        string etc = Directory.CreateDirectory(Path.Combine("/etc/netns", space)).FullName;
        Write(Path.Combine(etc, "hosts"), $"127.0.0.1 localhost\n{Gateway} {RelayName}\n");
        IpRoute.Run("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", space);
        IpRoute.Run("link", "set", cable, "master", _bridge, "up");
        IpRoute.Run("-n", space, "link", "set", "lo", "up");
        IpRoute.Run("-n", space, "address", "add", $"10.78.0.{number}/24", "dev", "eth0");
        IpRoute.Run("-n", space, "link", "set", "eth0", "up");
        var host = new LanHost(space, IPAddress.Parse($"10.78.0.{number}"), Path.Combine(_folder, number.ToString(CultureInfo.InvariantCulture)));
        _hosts.Add(host);
        await host.StartAsync(cancellationToken);
        return host;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (LanHost host in _hosts)
        {
            await host.DisposeAsync();
            IpRoute.Run("netns", "delete", host.Space);
            Directory.Delete(Path.Combine("/etc/netns", host.Space), recursive: true);
        }
        IpRoute.Run("link", "delete", _bridge);
    }

    internal static void Write(string path, string text)
    {
        using StreamWriter file = File.CreateText(path);
        file.Write(text);
    }
}

/// <summary>One machine on a <see cref="SchoolLan"/>.</summary>
public sealed class LanHost : IAsyncDisposable
{
    private readonly string _folder;
    private readonly ServerProcess _bus;
    private readonly ServerProcess _avahi;

    internal LanHost(string space, IPAddress address, string folder)
    {
        (Space, Address, _folder) = (space, address, folder);
        string[] bus = Command(["dbus-daemon", $"--config-file={Path.Combine(folder, "bus.conf")}", "--nofork", "--nopidfile"]);
        // Its folder under /run is fixed; each daemon sees one of its own.
        string[] avahi = Command(["unshare", "--mount", "sh", "-c",
            $"mkdir -p /run/avahi-daemon && mount -t tmpfs tmpfs /run/avahi-daemon && exec avahi-daemon --file={Path.Combine(folder, "avahi.conf")} --no-drop-root --no-chroot --no-rlimits"]);
        _bus = new ServerProcess(bus[0], bus[1..]);
        _avahi = new ServerProcess(avahi[0], avahi[1..], new Dictionary<string, string> { ["DBUS_SYSTEM_BUS_ADDRESS"] = BusAddress });
    }

    public string Space { get; }

    public IPAddress Address { get; }

    public string BusAddress => $"unix:path={Path.Combine(_folder, "bus")}";

    /// <summary>What its daemons said.</summary>
    public string Output => $"{_bus.Output}\n{_avahi.Output}";

    /// <summary>The command line that runs a program there.</summary>
    public string[] Command(string[] program) => ["ip", "netns", "exec", Space, .. program];

    /// <summary>A tool that runs there until it is disposed.</summary>
    public async Task<ServerProcess> RunAsync(string[] program, CancellationToken cancellationToken)
    {
        string[] command = Command(program);
        var process = new ServerProcess(command[0], command[1..], new Dictionary<string, string> { ["DBUS_SYSTEM_BUS_ADDRESS"] = BusAddress });
        await process.StartAsync(null, cancellationToken);
        return process;
    }

    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(_folder);
        SchoolLan.Write(Path.Combine(_folder, "bus.conf"), $"""
            <busconfig>
              <type>system</type>
              <listen>{BusAddress}</listen>
              <auth>EXTERNAL</auth>
              <policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy>
            </busconfig>
            """);
        SchoolLan.Write(Path.Combine(_folder, "avahi.conf"), $"""
            [server]
            host-name={Space}
            use-ipv6=no
            allow-interfaces=eth0
            [publish]
            publish-workstation=no
            publish-hinfo=no
            """);
        await _bus.StartAsync(null, cancellationToken);
        await Eventually.Async(() => Task.FromResult(File.Exists(Path.Combine(_folder, "bus"))), "the bus is there", cancellationToken, evidence: () => Output);
        await _avahi.StartAsync(null, cancellationToken);
        await Eventually.Async(() => Task.FromResult(_avahi.Output.Contains("Server startup complete", StringComparison.Ordinal)), "avahi runs", cancellationToken, evidence: () => Output);
    }

    public async ValueTask DisposeAsync()
    {
        await _avahi.DisposeAsync();
        await _bus.DisposeAsync();
    }
}
