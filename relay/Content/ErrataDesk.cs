using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Dapper;
using Edge.Core.Content;
using Edge.Core.Identity;
using Edge.Core.Text;
using Edge.Durable;
using Relay.Identity;

namespace Relay.Content;

/// <summary>A correction in words. <paramref name="Version"/>: the last one with the mistake; null: the newest. <paramref name="At"/>: "12:30" of a video.</summary>
public sealed record ErratumRequest(LocalText Text, long? Version = null, string? Path = null, string? At = null, int? Page = null);

/// <summary>The relay's errata: made and taken back by staff, signed when boxes ask. The signature is made anew when the keys changed.</summary>
public sealed class ErrataDesk(DurableDatabase database, PackRegistry packs, ContentStore store, IListSigner signer, TimeProvider time, ILogger<ErrataDesk> log)
{
    /// <summary>All errata, the newest first.</summary>
    public ImmutableArray<Erratum> All() => database.Read(connection =>
        connection.Query<byte[]>("SELECT payload FROM errata ORDER BY number DESC").Select(payload => Erratum.Read(payload)!).ToImmutableArray());

    /// <returns>The erratum, or what is wrong with it in words for people.</returns>
    public async Task<(Erratum? Made, string? Problem)> MakeAsync(string pack, ErratumRequest request, CancellationToken cancellationToken)
    {
        if (packs.Find(pack, request.Version) is not { } version)
            return (null, request.Version is null ? $"there is no pack {pack}" : $"there is no pack {pack}@{request.Version}");
        int second = 0;
        if (request.At is not null && !Erratum.TryParseSecond(request.At, out second))
            return (null, $"\"{request.At}\" is no place in a video: write 12:30 or 1:02:03");
        string? path = request.Path?.Normalize(NormalizationForm.FormC);
        if (path is not null && await store.ReadAsync(version.Manifest, ContentLimits.MaxManifestBytes, cancellationToken) is { } bytes
            && Manifest.Read(bytes, out _) is { } manifest && manifest.File(path) is null)
            return (null, $"there is no {path} in {pack}@{version.Version}");
        Erratum made = await database.WriteAsync((connection, transaction) =>
        {
            long number = Next(connection, transaction);
            var erratum = new Erratum(number, "e" + number.ToString(CultureInfo.InvariantCulture), pack, version.Version, path, request.At is null ? null : second, request.Page, request.Text, Now(), false);
            if (erratum.Problem() is null)
                Save(connection, transaction, erratum);
            return erratum;
        }, cancellationToken);
        if (made.Problem() is { } problem)
            return (null, problem);
        log.ErratumMade(made.Pack, made.Through, made.Id);
        return (made, null);
    }

    /// <summary>Takes an erratum back: boxes stop showing it.</summary>
    /// <returns>Null when there is no such one.</returns>
    public async Task<Erratum?> WithdrawAsync(string pack, string id, CancellationToken cancellationToken) => await database.WriteAsync((connection, transaction) =>
    {
        if (connection.QuerySingleOrDefault<byte[]>("SELECT payload FROM errata WHERE id = @id AND pack = @pack", new { id, pack }, transaction) is not { } payload || Erratum.Read(payload) is not { } held)
            return null;
        if (held.Withdrawn)
            return held;
        Erratum withdrawn = held with { Number = Next(connection, transaction), Withdrawn = true };
        Save(connection, transaction, withdrawn);
        return withdrawn;
    }, cancellationToken);

    /// <summary>Signed records behind a number, the oldest first, as many as one answer takes.</summary>
    public byte[] RecordsAfter(long number) => ErratumRecords.Join(database.Read(connection =>
        connection.Query<byte[]>("SELECT payload FROM errata WHERE number > @number ORDER BY number LIMIT 100", new { number }).ToList())
        .Select(payload => (ReadOnlyMemory<byte>)signer.Sign(ListKind.Erratum, payload).ToBytes()));

    private static void Save(Microsoft.Data.Sqlite.SqliteConnection connection, Microsoft.Data.Sqlite.SqliteTransaction transaction, Erratum erratum) =>
        connection.Execute("INSERT OR REPLACE INTO errata (id, number, pack, payload) VALUES (@Id, @Number, @Pack, @payload)",
            new { erratum.Id, erratum.Number, erratum.Pack, payload = erratum.ToPayload() }, transaction);

    /// <summary>Follows the clock where it can: numbers given after a restored backup are greater than those that boxes hold.</summary>
    private long Next(Microsoft.Data.Sqlite.SqliteConnection connection, Microsoft.Data.Sqlite.SqliteTransaction transaction) =>
        Math.Max(connection.ExecuteScalar<long>("SELECT coalesce(max(number), 0) + 1 FROM errata", transaction: transaction), time.GetUtcNow().ToUnixTimeMilliseconds());

    private DateTimeOffset Now() => DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());
}
