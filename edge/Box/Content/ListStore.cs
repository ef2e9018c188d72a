using Edge.Core.Content;
using Edge.Core.Identity;
using Edge.Durable;

namespace Edge.Box.Content;

/// <summary>Keeps the newest verified list of each kind. A list is checked completely, then on disk, then in force.</summary>
public sealed class ListStore(string folder, Func<SignedList?> pinnedRoot, Func<string?> school, ILogger<ListStore> log) : IDisposable
{
    private readonly SemaphoreSlim _accepting = new(1);
    private readonly Dictionary<ListKind, byte[]> _bytes = [];
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

    /// <summary>Hash of the list in force, for asking whether there is a newer one; null when none is.</summary>
    public ChunkId? TagOf(ListKind kind)
    {
        _ = Current;
        lock (_bytes)
            return _bytes.TryGetValue(kind, out byte[]? bytes) ? ChunkId.Of(bytes) : null;
    }

    /// <summary>Takes in a list that came by any route.</summary>
    /// <param name="bytes">As it travels.</param>
    /// <param name="kind">What was asked for.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>What came of it; only an accepted list changes anything, and it is on disk then.</returns>
    public async Task<ListVerdict> AcceptAsync(byte[] bytes, ListKind kind, CancellationToken cancellationToken)
    {
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
            lock (_bytes)
                _bytes[kind] = bytes;
            _current = next;
            log.ListAccepted(kind, VersionOf(next!, kind));
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

    private static long VersionOf(ListState state, ListKind kind) => kind switch
    {
        ListKind.Root => state.Root.Version,
        ListKind.Catalogue => state.Catalogue?.Version ?? 0,
        _ => state.Plan?.Version ?? 0,
    };

    /// <summary>Reads what is on disk as if it had just come, so that a damaged or planted file counts for nothing.</summary>
    private void Load(SignedList pinned)
    {
        lock (_bytes)
        {
            Directory.CreateDirectory(folder);
            _bytes.Clear();
            TrustRoot root = TrustRoot.Read(pinned.Payload.Span)!;
            // A root that followed the pinned one step by step: it was checked when it came, and still must hold by itself.
            if (Read(ListKind.Root) is var (rootBytes, kept) && TrustRoot.Read(kept.Payload.Span) is { } later && later.Version > root.Version && later.Trusts(kept))
                (root, _bytes[ListKind.Root]) = (later, rootBytes);
            var state = new ListState(root, null, null);
            foreach (ListKind kind in (ListKind[])[ListKind.Catalogue, ListKind.Plan])
            {
                if (Read(kind) is not var (bytes, list) || school() is not { } ours)
                    continue;
                ListVerdict verdict = state.Judge(list, ours, out state);
                if (verdict == ListVerdict.Accepted)
                    _bytes[kind] = bytes;
                else
                    log.ListRefused(kind, verdict);
            }
            _current = state;
            _pinned = pinned;
        }
    }

    private (byte[] Bytes, SignedList List)? Read(ListKind kind)
    {
        string path = PathOf(kind);
        if (!File.Exists(path) || new FileInfo(path).Length > SignedList.MaxBytes)
            return null;
        byte[] bytes = File.ReadAllBytes(path);
        return SignedList.TryParse(bytes, out SignedList list) && list.Kind == kind ? (bytes, list) : null;
    }

    private string PathOf(ListKind kind) => Path.Combine(folder, kind switch { ListKind.Root => "root.list", ListKind.Catalogue => "catalogue.list", _ => "plan.list" });
}
