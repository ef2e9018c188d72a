using System.Diagnostics;

namespace TestKit.Link;

/// <summary>iproute2.</summary>
internal static class IpRoute
{
    /// <exception cref="IOException">It did not do what was asked; its words.</exception>
    public static void Run(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new IOException($"ip {string.Join(' ', arguments)}: {error.Trim()}");
    }
}
