using System.Globalization;
using System.Text;
using Edge.Durable;

namespace Relay.Sync;

/// <summary>The number that grows at each start of the relay (<see cref="Edge.Core.Sync.Ack.Generation"/>). A database restored from a backup always
/// comes with a start, so boxes look at it anew and send again what it lacks; at any other start that look costs nothing.
/// It lies in a file outside the database, and never falls behind the clock, so that it grows even when the whole folder was restored.</summary>
public sealed record RelayGeneration(long Number)
{
    public static async Task<RelayGeneration> NextAsync(string path, TimeProvider time, CancellationToken cancellationToken)
    {
        long former = File.Exists(path) && long.TryParse((await File.ReadAllTextAsync(path, cancellationToken)).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long read) ? read : 0;
        var next = new RelayGeneration(Math.Max(former + 1, time.GetUtcNow().ToUnixTimeSeconds()));
        await DurableFile.WriteAsync(path, Encoding.ASCII.GetBytes(next.Number.ToString(CultureInfo.InvariantCulture) + "\n"), cancellationToken);
        return next;
    }
}
