using System.Collections.Concurrent;
using System.Diagnostics;

namespace Edge.Media;

/// <summary>Starts children so that they die with this process, however it dies. Linux sends the death signal when the <b>thread</b> that started the child ends, and threads of the
/// pool come and go: one thread that lives as long as the process starts them all.</summary>
internal static class ChildStarter
{
    // Of util-linux, which every Debian has; it sets the signal between fork and exec, where .NET lets nobody in.
    private const string Wrapper = "setpriv";

    private static readonly BlockingCollection<(ProcessStartInfo Start, TaskCompletionSource<Process> Started)> Wanted = [];

    static ChildStarter() => new Thread(Work) { IsBackground = true, Name = "child starter" }.Start();

    /// <exception cref="IOException">The system could start nothing.</exception>
    public static Task<Process> StartAsync(ChildCommand command)
    {
        var start = new ProcessStartInfo(Wrapper, ["--pdeathsig", "KILL", command.Program, .. command.Arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in command.Environment)
            start.Environment[name] = value;
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        Wanted.Add((start, started));
        return started.Task;
    }

    private static void Work()
    {
        foreach ((ProcessStartInfo start, TaskCompletionSource<Process> started) in Wanted.GetConsumingEnumerable())
        {
            try
            {
                started.SetResult(Process.Start(start)!);
            }
            catch (System.ComponentModel.Win32Exception e)
            {
                started.SetException(new IOException($"{Wrapper} {start.ArgumentList[2]} could not be started: {e.Message}", e));
            }
        }
    }
}
