using Edge.Core.Content;
using Edge.Core.Identity;
using Edge.Durable;

namespace Edge.Box.Content;

/// <summary>Keeps the errata that came: signed records in one file, checked when they come and again when they are read. Nothing unsigned is shown.</summary>
public sealed class ErrataStore(string folder, Func<TrustRoot?> root, ILogger<ErrataStore> log) : IDisposable
{
    /// <summary>Longest file: all that is kept at their longest.</summary>
    private const int MaxFileBytes = Errata.MaxKept * (Erratum.MaxRecordBytes + 2);

    private readonly SemaphoreSlim _accepting = new(1);
    private readonly string _path = Path.Combine(folder, "errata.list");
    private Dictionary<string, ReadOnlyMemory<byte>> _records = [];
    private volatile Errata _current = Errata.None;
    private TrustRoot? _judgedBy;

    /// <summary>The errata in force. After the keys changed all are judged anew: what the new keys do not cover is asked for again.</summary>
    public Errata Current
    {
        get
        {
            TrustRoot? now = root();
            if (now is not null && !ReferenceEquals(now, Volatile.Read(ref _judgedBy)))
                Load(now);
            return _current;
        }
    }

    /// <summary>Takes in records that came by any route; what is not signed as it must be is left out.</summary>
    /// <returns>How many are new.</returns>
    public async Task<int> AcceptAsync(ReadOnlyMemory<byte> records, CancellationToken cancellationToken)
    {
        await _accepting.WaitAsync(cancellationToken);
        try
        {
            Errata before = Current;
            if (root() is not { } trust)
                return 0;
            Errata next = before;
            var kept = new Dictionary<string, ReadOnlyMemory<byte>>(_records);
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
                if (ReferenceEquals(with, next))
                    continue;
                next = with;
                kept[erratum.Id] = record.ToArray();
                taken++;
                log.ErratumAccepted(erratum.Pack, erratum.Id, erratum.Number);
            }
            if (taken == 0)
                return 0;
            foreach (string gone in kept.Keys.Where(id => !next.ById.ContainsKey(id)).ToArray())
                kept.Remove(gone);
            Directory.CreateDirectory(folder);
            await DurableFile.WriteAsync(_path, ErratumRecords.Join(kept.Values, MaxFileBytes), cancellationToken);
            _records = kept;
            _current = next;
            return taken;
        }
        finally
        {
            _accepting.Release();
        }
    }

    public void Dispose() => _accepting.Dispose();

    /// <summary>Reads what is on disk as if it had just come.</summary>
    private void Load(TrustRoot trust)
    {
        var records = new Dictionary<string, ReadOnlyMemory<byte>>();
        Errata errata = Errata.None;
        if (new FileInfo(_path) is { Exists: true, Length: <= MaxFileBytes })
        {
            foreach (ReadOnlyMemory<byte> record in ErratumRecords.Split(File.ReadAllBytes(_path)))
            {
                if (ErratumRecords.Judge(trust, record).Erratum is not { } erratum)
                    continue;
                errata = errata.With(erratum);
                records[erratum.Id] = record;
            }
        }
        (_records, _current) = (records, errata);
        Volatile.Write(ref _judgedBy, trust);
    }
}
