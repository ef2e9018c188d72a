using System.Net;
using TestKit.Live;
using TestKit.Processes;

namespace EdgeBench.Multicast;

/// <summary>Somebody who sends the box's lesson to a group, and what arrives of it.</summary>
internal sealed class GroupSender : IAsyncDisposable
{
    private readonly ServerProcess? _process;
    private readonly GroupReceiver _receiver;

    private GroupSender(string name, IPEndPoint group, bool rtp, ServerProcess? process)
    {
        (Name, _process) = (name, process);
        _receiver = new GroupReceiver(group, IPAddress.Loopback, (datagram, at) =>
        {
            if (rtp)
                Heard.TakeRtp(datagram.Span, at);
            else
                Heard.Take(datagram.Span, at);
        });
    }

    public string Name { get; }

    public TsAnalyser Heard { get; } = new();

    /// <summary>The peer still runs.</summary>
    public bool Running => _process?.Running ?? true;

    public int? ProcessId => _process?.Id;

    /// <summary>The box itself.</summary>
    public static GroupSender Box(IPEndPoint group) => new("box", group, rtp: true, null);

    /// <summary>A peer that plays the box's own list to a group.</summary>
    public static async Task<GroupSender> StartAsync(string name, IPEndPoint group, string[] command, CancellationToken cancellationToken)
    {
        var process = new ServerProcess(command[0], command[1..], new Dictionary<string, string> { ["HOME"] = Path.GetTempPath() });
        await process.StartAsync(null, cancellationToken);
        return new GroupSender(name, group, rtp: false, process);
    }

    public async ValueTask DisposeAsync()
    {
        _receiver.Dispose();
        if (_process is not null)
            await _process.DisposeAsync();
    }
}
