namespace Edge.Box.Sync;

/// <summary>How the link stands, for panel and pages. Written by the loop, read by all.</summary>
public sealed class LinkState(TimeProvider time)
{
    private long _contact;
    private volatile bool _connected;
    private int _reports;

    /// <summary>Number of the next status report of this start, whichever way it goes.</summary>
    public int NextReport() => Interlocked.Increment(ref _reports);

    /// <summary>The broker is reached and the relay has answered.</summary>
    public bool Connected => _connected;

    /// <summary>Time since the relay was last heard, by the monotonic clock; null: not since the program started.</summary>
    public TimeSpan? SinceContact => Volatile.Read(ref _contact) is var at and not 0 ? time.GetElapsedTime(at) : null;

    internal void Heard()
    {
        Volatile.Write(ref _contact, Math.Max(1, time.GetTimestamp()));
        _connected = true;
    }

    internal void Lost() => _connected = false;
}
