using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Core.Identity;
using Edge.Durable;

namespace Edge.Box.Content;

/// <summary>Keeps the newest verified list of each kind, the chain of roots since the claim, and the floors under which nothing is taken.
/// A list is checked completely, then on disk, then in force. Files: <c>roots.chain</c>, <c>catalogue.list</c>, <c>plan.list</c>, <c>floors.json</c>.</summary>
public sealed class ListStore(string folder, Func<SignedList?> pinnedRoot, Func<string?> school, ILogger<ListStore> log) : IDisposable
{
    /// <summary>Longest chain file read: a thousand roots of the longest kind.</summary>
    private const int MaxChainBytes = RootChain.MaxSteps * RootChain.MaxRootBytes;

    private readonly SemaphoreSlim _accepting = new(1);
    private readonly Dictionary<ListKind, ChunkId> _tags = [];
    private ImmutableArray<SignedList> _chain = [];
    private SignedList? _pinned;
    private volatile ListState? _current;

    /// <summary>After a list came into force. Called on the thread that brought it.</summary>
    public event Action? Changed;

    /// <summary>The lists in force; null until the box was claimed, for only then it knows whom to trust.</summary>
    public ListState? Current
    {
        get
        {
            // The pinned root came with the claim, over the connection that the box trusts from the factory. A new claim begins anew.
            if (pinnedRoot() is { } pinned && !ReferenceEquals(pinned, _pinned))
                Load(pinned);
            return _current;
        }
    }

    /// <summary>Hash of the list in force, for asking whether there is a newer one; null when none is. Roots are asked for by their version.</summary>
    public ChunkId? TagOf(ListKind kind)
    {
        _ = Current;
        lock (_tags)
            return _tags.TryGetValue(kind, out ChunkId tag) ? tag : null;
    }

    /// <summary>Takes in a list that came by any route.</summary>
    /// <param name="bytes">As it travels.</param>
    /// <param name="kind">What was asked for.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>What came of it; only an accepted list changes anything, and it is on disk then.</returns>
    public async Task<ListVerdict> AcceptAsync(byte[] bytes, ListKind kind, CancellationToken cancellationToken)
    {
        if (kind == ListKind.Root)
            return await AcceptRootsAsync([bytes], cancellationToken);
        await _accepting.WaitAsync(cancellationToken);
        try
        {
            if (Current is not { } current || school() is not { } ours)
                return ListVerdict.Untrusted;
            ListState? next = null;
            ListVerdict verdict = SignedList.TryParse(bytes, out SignedList list) && list.Kind == kind ? current.Judge(list, ours, out next) : ListVerdict.Malformed;
            if (verdict is not (ListVerdict.Accepted or ListVerdict.Held))
                log.ListRefused(kind, verdict);
            if (verdict != ListVerdict.Accepted)
                return verdict;
            await DurableFile.WriteAsync(PathOf(kind), bytes, cancellationToken);
            await DurableFile.WriteAsync(FloorsPath, next!.Floors.ToBytes(), cancellationToken);
            lock (_tags)
                _tags[kind] = ChunkId.Of(bytes);
            _current = next;
            log.ListAccepted(kind, VersionOf(next, kind));
        }
        finally
        {
            _accepting.Release();
        }
        Changed?.Invoke();
        return ListVerdict.Accepted;
    }

    /// <summary>Takes in roots that came by any route, oldest first: walks them one by one and keeps those that may follow each other.</summary>
    /// <returns>Accepted when at least one came into force; else what the first one was.</returns>
    public async Task<ListVerdict> AcceptRootsAsync(IReadOnlyList<byte[]> roots, CancellationToken cancellationToken)
    {
        await _accepting.WaitAsync(cancellationToken);
        try
        {
            if (Current is not { } current || school() is null)
                return ListVerdict.Untrusted;
            var steps = new List<SignedList>();
            foreach (byte[] bytes in roots)
            {
                if (bytes.Length > RootChain.MaxRootBytes || !SignedList.TryParse(bytes, out SignedList list))
                    break;
                steps.Add(list);
            }
            RootWalk walk = RootChain.Walk(current.Root, steps);
            if (walk.Verdict != ListVerdict.Accepted)
                log.ListRefused(ListKind.Root, walk.Verdict);
            if (walk.Taken.IsEmpty)
                return walk.Verdict != ListVerdict.Accepted ? walk.Verdict : steps.Count < roots.Count ? ListVerdict.Malformed : ListVerdict.Held;
            ImmutableArray<SignedList> chain = [.. _chain, .. walk.Taken];
            ListState next = walk.Taken.Aggregate(current, (state, root) =>
            {
                _ = state.Judge(root, "", out ListState after);
                return after;
            });
            await DurableFile.WriteAsync(ChainPath, RootChain.ToBytes(chain), cancellationToken);
            await DurableFile.WriteAsync(FloorsPath, next.Floors.ToBytes(), cancellationToken);
            _chain = chain;
            _current = next;
            log.ListAccepted(ListKind.Root, next.Root.Version);
        }
        finally
        {
            _accepting.Release();
        }
        Changed?.Invoke();
        return ListVerdict.Accepted;
    }

    /// <summary>Versions in force; 0 where there is none.</summary>
    public long VersionOf(ListKind kind) => Current is { } current ? VersionOf(current, kind) : 0;

    public void Dispose() => _accepting.Dispose();

    private string ChainPath => Path.Combine(folder, "roots.chain");

    private string FloorsPath => Path.Combine(folder, "floors.json");

    private static long VersionOf(ListState state, ListKind kind) => kind switch
    {
        ListKind.Root => state.Root.Version,
        ListKind.Catalogue => state.Catalogue?.Version ?? 0,
        _ => state.Plan?.Version ?? 0,
    };

    /// <summary>Reads what is on disk as if it had just come, so that a damaged or planted file counts for nothing.</summary>
    private void Load(SignedList pinned)
    {
        lock (_tags)
        {
            Directory.CreateDirectory(folder);
            _tags.Clear();
            var claim = ChunkId.Of(pinned.ToBytes());
            ListFloors floors = ReadFile(FloorsPath, MaxFloorsBytes) is { } kept && ListFloors.Read(kept) is { } read && read.Pinned == claim ? read : ListFloors.Of(claim);
            TrustRoot root = TrustRoot.Read(pinned.Payload.Span)!;
            var roots = new List<TrustRoot> { root };
            RootWalk walk = RootChain.Walk(root, RootChain.Read(ReadFile(ChainPath, MaxChainBytes) ?? []));
            foreach (SignedList step in walk.Taken)
            {
                TrustRoot next = TrustRoot.Read(step.Payload.Span)!;
                // After a power cut between the two files the floors are those of an earlier root.
                if (next.Version > floors.Root)
                    floors = floors.After(roots[^1], next);
                roots.Add(next);
            }
            _chain = walk.Taken;
            var state = new ListState(walk.Root, null, null) { Floors = floors };
            foreach (ListKind kind in (ListKind[])[ListKind.Catalogue, ListKind.Plan])
            {
                if (ReadFile(PathOf(kind), SignedList.MaxBytes) is not { } bytes || !SignedList.TryParse(bytes, out SignedList list) || list.Kind != kind || school() is not { } ours)
                    continue;
                ListVerdict verdict = state.Judge(list, ours, out ListState next);
                // Signed by keys that were rotated out since: it was in force, and goes on until a new one comes.
                if (verdict == ListVerdict.Untrusted && roots.Any(former => former.Trusts(list)))
                    (verdict, next) = (ListVerdict.Accepted, state.Carrying(list, ours));
                state = next;
                if (verdict == ListVerdict.Accepted)
                    _tags[kind] = ChunkId.Of(bytes);
                else
                    log.ListRefused(kind, verdict);
            }
            _current = state;
            _pinned = pinned;
        }
    }

    private const int MaxFloorsBytes = 4096;

    private static byte[]? ReadFile(string path, int maxBytes) => File.Exists(path) && new FileInfo(path).Length <= maxBytes ? File.ReadAllBytes(path) : null;

    private string PathOf(ListKind kind) => Path.Combine(folder, kind == ListKind.Catalogue ? "catalogue.list" : "plan.list");
}
