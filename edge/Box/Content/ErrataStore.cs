using Edge.Core.Content;
using Edge.Core.Identity;
using Edge.Durable;

namespace Edge.Box.Content;

/// <summary>How errata came.</summary>
public enum ErrataRoute
{
    /// <summary>In the order of their numbers, so that none is left out.</summary>
    Link,
    /// <summary>Whoever made the stick may have left some out.</summary>
    Stick,
}

/// <summary>Keeps the errata that came: signed records in a file for each route, checked when they come and again when they are read. Nothing unsigned is shown.</summary>
public sealed class ErrataStore(string folder, Func<TrustRoot?> root, ILogger<ErrataStore> log) : IDisposable
{
    private readonly SemaphoreSlim _accepting = new(1);
    private volatile State _state = State.Empty;
    private TrustRoot? _judgedBy;

    /// <summary>The errata in force. After the keys changed all are judged anew: what the new keys do not cover is asked for again.</summary>
    public Errata Current => Judged().Errata;

    /// <summary>Greatest number that came over the link: what is behind it is asked for. One that a stick brought may have others before it that the stick left out.</summary>
    public long AskAfter => Judged().Held.Values.Where(held => held.Route == ErrataRoute.Link).Select(held => held.Number).DefaultIfEmpty(0).Max();

    /// <summary>Takes in records that came by any route; what is not signed as it must be is left out.</summary>
    /// <returns>How many are new, or came over the link for the first time.</returns>
    public async Task<int> AcceptAsync(ReadOnlyMemory<byte> records, ErrataRoute route, CancellationToken cancellationToken)
    {
        await _accepting.WaitAsync(cancellationToken);
        try
        {
            State before = Judged();
            if (root() is not { } trust)
                return 0;
            Errata next = before.Errata;
            var held = new Dictionary<string, Held>(before.Held);
            int taken = 0;
            foreach (ReadOnlyMemory<byte> record in ErratumRecords.Split(records))
            {
                (ListVerdict verdict, Erratum? erratum) = ErratumRecords.Judge(trust, record);
                if (erratum is null)
                {
                    log.ErratumRefused(verdict);
                    continue;
                }
                Errata with = next.With(erratum);
                bool fresh = !ReferenceEquals(with, next);
                if (!fresh && !(route == ErrataRoute.Link && held.GetValueOrDefault(erratum.Id) is { Route: ErrataRoute.Stick } known && known.Number == erratum.Number))
                    continue;
                next = with;
                held[erratum.Id] = new Held(erratum.Number, route, record.ToArray());
                taken++;
                if (fresh)
                    log.ErratumAccepted(erratum.Pack, erratum.Id, erratum.Number);
            }
            if (taken == 0)
                return 0;
            foreach (string gone in held.Keys.Where(id => !next.ById.ContainsKey(id)).ToArray())
                held.Remove(gone);
            var after = new State(next, held);
            Directory.CreateDirectory(folder);
            // The file that gains comes first: a cut between the two leaves a record in both, not in none.
            await WriteAsync(route, after, cancellationToken);
            ErrataRoute other = route == ErrataRoute.Link ? ErrataRoute.Stick : ErrataRoute.Link;
            if (before.Of(other).Count() != after.Of(other).Count())
                await WriteAsync(other, after, cancellationToken);
            _state = after;
            return taken;
        }
        finally
        {
            _accepting.Release();
        }
    }

    public void Dispose() => _accepting.Dispose();

    private string PathOf(ErrataRoute route) => Path.Combine(folder, route == ErrataRoute.Link ? "errata.list" : "errata-stick.list");

    private Task WriteAsync(ErrataRoute route, State state, CancellationToken cancellationToken) =>
        DurableFile.WriteAsync(PathOf(route), ErratumRecords.Join(state.Of(route), ErratumRecords.MaxFileBytes), cancellationToken);

    private State Judged()
    {
        TrustRoot? now = root();
        if (now is not null && !ReferenceEquals(now, Volatile.Read(ref _judgedBy)))
        {
            _state = Load(now);
            Volatile.Write(ref _judgedBy, now);
        }
        return _state;
    }

    /// <summary>Reads what is on disk as if it had just come. The link's file first: of two that are the same its one counts.</summary>
    private State Load(TrustRoot trust)
    {
        var held = new Dictionary<string, Held>();
        Errata errata = Errata.None;
        foreach (ErrataRoute route in (ErrataRoute[])[ErrataRoute.Link, ErrataRoute.Stick])
        {
            if (new FileInfo(PathOf(route)) is not { Exists: true, Length: <= ErratumRecords.MaxFileBytes } file)
                continue;
            foreach (ReadOnlyMemory<byte> record in ErratumRecords.Split(File.ReadAllBytes(file.FullName)))
            {
                if (ErratumRecords.Judge(trust, record).Erratum is not { } erratum || errata.With(erratum) is var with && ReferenceEquals(with, errata))
                    continue;
                errata = with;
                held[erratum.Id] = new Held(erratum.Number, route, record);
            }
        }
        return new State(errata, held);
    }

    private sealed record Held(long Number, ErrataRoute Route, ReadOnlyMemory<byte> Record);

    private sealed record State(Errata Errata, Dictionary<string, Held> Held)
    {
        public static readonly State Empty = new(Errata.None, []);

        public IEnumerable<ReadOnlyMemory<byte>> Of(ErrataRoute route) => Held.Values.Where(held => held.Route == route).OrderBy(held => held.Number).Select(held => held.Record);
    }
}
