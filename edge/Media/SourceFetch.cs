using System.IO.Pipelines;
using System.Net.Sockets;
using Edge.Core.Live;

namespace Edge.Media;

/// <summary>Fetches a stream from its source again and again for as long as it is wanted: datagrams on a socket of ours, all else in an ffmpeg child. Either is judged by its progress.</summary>
/// <param name="ended">Told after each run that ended without being asked to; what a child said comes without the address's secrets.</param>
public sealed class SourceFetch(MediaSource source, ChildRules rules, TimeProvider time, Action<ChildReport> ended)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(0.25);

    /// <param name="use">Reads the stream of one run to its end; calls the action when it made something useful of it, such as a segment.</param>
    /// <exception cref="OperationCanceledException">It was told to stop.</exception>
    public Task RunAsync(Func<PipeReader, Action, Task> use, CancellationToken cancellationToken) =>
        source.Kind is SourceKind.Udp or SourceKind.Rtp ? ListenAsync(use, cancellationToken)
            : new ChildSupervisor(() => Ffmpeg.From(source, rules.Patience), rules, time, report => ended(report with { Said = source.Hide(report.Said) }))
                .RunAsync((run, _) => use(PipeReader.Create(run.Output), run.Useful), cancellationToken);

    private async Task ListenAsync(Func<PipeReader, Action, Task> use, CancellationToken cancellationToken)
    {
        while (true)
        {
            ChildReport report = await ListenOnceAsync(use, cancellationToken);
            ended(report);
            await Task.Delay(report.Pause, time, cancellationToken);
        }
    }

    /// <summary>One socket. A new one joins its group anew, which helps where a switch or the network itself has forgotten us.</summary>
    private async Task<ChildReport> ListenOnceAsync(Func<PipeReader, Action, Task> use, CancellationToken cancellationToken)
    {
        long began = time.GetTimestamp();
        long bytesAt = began;
        long useAt = began;
        var pipe = new Pipe();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task listening = DatagramSource.ReceiveAsync(source, pipe.Writer, () => Volatile.Write(ref bytesAt, time.GetTimestamp()), over.Token);
        Task work = use(pipe.Reader, () => Volatile.Write(ref useAt, time.GetTimestamp()));
        ChildEnd? end = null;
        while (end is null && !work.IsCompleted && !listening.IsCompleted)
        {
            await Task.WhenAny(work, listening, Task.Delay(Look, time, CancellationToken.None));
            end = rules.Judge(time.GetElapsedTime(Volatile.Read(ref bytesAt)), time.GetElapsedTime(Volatile.Read(ref useAt)));
        }
        await over.CancelAsync();
        string said = "";
        try
        {
            await listening;
        }
        catch (SocketException e)
        {
            said = e.Message;
        }
        catch (OperationCanceledException)
        {
            // Silent, of no use, or not wanted any more.
        }
        await pipe.Writer.CompleteAsync();
        await work;
        cancellationToken.ThrowIfCancellationRequested();
        return new ChildReport(end ?? ChildEnd.Exited, time.GetElapsedTime(began), said.Length > 0 ? rules.LongestDelay : rules.FirstDelay, said);
    }
}
