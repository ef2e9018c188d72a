using Edge.Core.Live;

namespace Edge.Box.Live;

/// <summary>Measures how fast segments come, over all that are under way. Any thread may tell.</summary>
internal sealed class FetchMeter(TimeProvider time)
{
    private readonly Lock _gate = new();
    private Throughput _seen;
    private int _underWay;
    private long _since;

    public double? BitsPerSecond
    {
        get
        {
            lock (_gate)
                return _seen.BitsPerSecond;
        }
    }

    /// <summary>Something is asked for.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            if (_underWay++ == 0)
                _since = time.GetTimestamp();
        }
    }

    public void Came(int lengthBytes)
    {
        lock (_gate)
        {
            _seen = _seen.With(lengthBytes, time.GetElapsedTime(_since));
            _since = time.GetTimestamp();
        }
    }

    /// <summary>It came, or it is not asked for any more.</summary>
    public void End()
    {
        lock (_gate)
            _underWay--;
    }
}
