namespace Edge.Box.Content;

/// <summary>Bytes a second over short spans in which all connections had work. A span in which they had not is not counted.</summary>
internal sealed class RateMeter(TimeProvider time)
{
    /// <summary>Some round trips of a satellite; the first is shorter, so that a short transfer gets on.</summary>
    private static readonly TimeSpan Span = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan FirstSpan = TimeSpan.FromSeconds(2);

    private (long At, long Bytes)? _begun;
    private TimeSpan _span = FirstSpan;

    /// <param name="bytes">Came so far.</param>
    /// <param name="busy">All connections have work now.</param>
    /// <returns>The rate of a span that ends now, else null.</returns>
    public double? Look(long bytes, bool busy)
    {
        if (!busy || _begun is not { } begun)
        {
            _begun = busy ? (time.GetTimestamp(), bytes) : null;
            return null;
        }
        TimeSpan elapsed = time.GetElapsedTime(begun.At);
        if (elapsed < _span)
            return null;
        _begun = (time.GetTimestamp(), bytes);
        _span = Span;
        // Nothing at all says that the link is cut, not that there are too many connections.
        return bytes == begun.Bytes ? null : (bytes - begun.Bytes) / elapsed.TotalSeconds;
    }
}
