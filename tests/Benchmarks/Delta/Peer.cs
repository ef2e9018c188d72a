using System.Diagnostics;
using System.Globalization;

namespace EdgeBench.Delta;

/// <summary>What an update cost by one way, counted at the client's socket.</summary>
internal readonly record struct Cost(long DownBytes, long UpBytes, TimeSpan ClientCpu);

/// <summary>Runs other people's programs to their end.</summary>
internal static class Peer
{
    /// <summary>Runs a program that has to end well, and takes the processor time of it and its children.</summary>
    /// <exception cref="InvalidOperationException">It did not end with 0.</exception>
    public static async Task<TimeSpan> RunAsync(string folder, string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("/usr/bin/env", [program, .. arguments]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        TimeSpan before = OfChildren();
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} cannot be started");
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        Task<string> error = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await error}{await output}");
        return OfChildren() - before;
    }

    /// <summary>Processor time of all programs that were started from here and have ended, with theirs (proc_pid_stat(5), cutime and cstime).</summary>
    private static TimeSpan OfChildren()
    {
        string stat = File.ReadAllText("/proc/self/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return TimeSpan.FromSeconds((long.Parse(fields[13], CultureInfo.InvariantCulture) + long.Parse(fields[14], CultureInfo.InvariantCulture)) / 100.0);
    }

    /// <summary>The result must be the new version, whoever brought it.</summary>
    /// <exception cref="InvalidOperationException">It is not.</exception>
    public static Task SameAsync(string folder, string expected, string got, CancellationToken cancellationToken) => RunAsync(folder, "diff", ["-rq", expected, got], cancellationToken);
}
