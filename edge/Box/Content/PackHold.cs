using System.Collections.Immutable;

namespace Edge.Box.Content;

/// <summary>A version that is whole and waits until the lesson that shows the former one is over.</summary>
public sealed record WaitingVersion(string Pack, long Version);

/// <summary>A lesson that is being shown never changes under the teacher: while a pack is in use, its next version waits.
/// Only a signed withdrawal does not wait.</summary>
/// <param name="isInUse">Whether a lesson with this pack runs, is on the screen, or is open on a phone.</param>
/// <param name="longest">Longest wait of one version: a lesson that nobody ends must not keep a correction away for good.</param>
/// <param name="time">Counts the wait, whatever the clock says.</param>
public sealed class PackHold(Func<string, bool> isInUse, TimeSpan longest, TimeProvider time)
{
    private readonly Lock _gate = new();
    private ImmutableSortedDictionary<string, (WaitingVersion Waiting, long Since)> _waiting =
        ImmutableSortedDictionary<string, (WaitingVersion, long)>.Empty.WithComparers(StringComparer.Ordinal);

    public ImmutableArray<WaitingVersion> Waiting => [.. Volatile.Read(ref _waiting).Values.Select(waiting => waiting.Waiting)];

    /// <summary>Whether a version that is whole must wait now. One that waited its longest no longer does.</summary>
    internal bool Holds(string pack, long version)
    {
        bool used = isInUse(pack);
        lock (_gate)
        {
            // The wait counts from the first version that had to: corrections in a row do not add up to for ever.
            long since = _waiting.TryGetValue(pack, out var former) ? former.Since : time.GetTimestamp();
            if (!used || time.GetElapsedTime(since) >= longest)
            {
                _waiting = _waiting.Remove(pack);
                return false;
            }
            _waiting = _waiting.SetItem(pack, (new WaitingVersion(pack, version), since));
            return true;
        }
    }

    /// <summary>Forgets versions that no list wants any more.</summary>
    internal void Keep(IReadOnlySet<string> wanted)
    {
        lock (_gate)
            _waiting = _waiting.RemoveRange(_waiting.Keys.Where(pack => !wanted.Contains(pack)));
    }
}
