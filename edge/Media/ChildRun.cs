using System.Diagnostics;
using System.Text;
using Edge.Core.Live;

namespace Edge.Media;

/// <summary>One run of a child: its pipes, and what it has achieved so far.</summary>
public sealed class ChildRun : IAsyncDisposable
{
    /// <summary>Bytes of its complaints that are kept, the newest.</summary>
    public const int SaidBytes = 4 << 10;

    private readonly Process _process;
    private readonly TimeProvider _time;
    private readonly Task _listening;
    private readonly StringBuilder _said = new();
    private readonly long _started;
    private long _bytesAt;
    private long _useAt;
    private int _expecting = 1;

    private ChildRun(Process process, TimeProvider time)
    {
        (_process, _time) = (process, time);
        _started = _bytesAt = _useAt = time.GetTimestamp();
        Output = new WatchedStream(process.StandardOutput.BaseStream, () => Volatile.Write(ref _bytesAt, time.GetTimestamp()));
        _listening = ListenAsync();
        Exited = process.WaitForExitAsync(CancellationToken.None);
    }

    public int Id => _process.Id;

    /// <summary>Done when the process is gone.</summary>
    public Task Exited { get; }

    /// <summary>What it ended with, once it has <see cref="Exited"/>.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>What it reads; to be closed at the end, or at once when it reads nothing.</summary>
    public Stream Input => _process.StandardInput.BaseStream;

    public TimeSpan Age => _time.GetElapsedTime(_started);

    /// <summary>The last it said on its error output.</summary>
    public string Said
    {
        get
        {
            lock (_said)
                return _said.ToString().Trim();
        }
    }

    /// <summary>Should it be giving something now? Patience counts from when that is said. True from the start; a child that is fed turns it off while there is nothing to feed.</summary>
    public bool Expecting
    {
        get => Volatile.Read(ref _expecting) != 0;
        set
        {
            if (value && !Expecting)
            {
                Volatile.Write(ref _bytesAt, _time.GetTimestamp());
                Volatile.Write(ref _useAt, _time.GetTimestamp());
            }
            Volatile.Write(ref _expecting, value ? 1 : 0);
        }
    }

    /// <exception cref="IOException">It could not be started.</exception>
    public static async Task<ChildRun> StartAsync(ChildCommand command, TimeProvider time) => new(await ChildStarter.StartAsync(command), time);

    /// <summary>What it gives. Bytes are progress.</summary>
    public Stream Output { get; }

    /// <summary>Something useful was made of its bytes, such as a segment.</summary>
    public void Useful() => Volatile.Write(ref _useAt, _time.GetTimestamp());

    internal ChildEnd? Judge(ChildRules rules) =>
        Expecting ? rules.Judge(_time.GetElapsedTime(Volatile.Read(ref _bytesAt)), _time.GetElapsedTime(Volatile.Read(ref _useAt))) : null;

    /// <summary>Ends it and all that it started, at once: what hangs does not listen to a polite signal.</summary>
    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await Exited;
        await _listening;
        _process.Dispose();
    }

    private async Task ListenAsync()
    {
        var buffer = new char[512];
        try
        {
            while (await _process.StandardError.ReadAsync(buffer, CancellationToken.None) is > 0 and var read)
            {
                lock (_said)
                {
                    _said.Append(buffer.AsSpan(0, read));
                    if (_said.Length > SaidBytes)
                        _said.Remove(0, _said.Length - SaidBytes);
                }
            }
        }
        catch (IOException)
        {
            // It was killed in the middle of a word.
        }
    }
}
