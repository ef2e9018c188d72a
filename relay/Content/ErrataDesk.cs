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

/// <summary>Why an erratum was not made.</summary>
public enum ErratumRefusal
{
    None,
    /// <summary>No such pack or version.</summary>
    NoPack,
    /// <summary>Nothing is said in any language, or in too many.</summary>
    NoText,
    /// <summary>Over <see cref="Erratum.MaxTextBytes"/>, all languages together.</summary>
    TooLong,
    /// <summary>The version has no such file.</summary>
    NoFile,
    /// <summary>No time in a video, no page, or a place without a file.</summary>
    NoPlace,
}

/// <summary>The relay's errata: made and taken back by staff, signed when boxes ask. The signature is made anew when the keys changed.</summary>
public sealed class ErrataDesk(DurableDatabase database, PackRegistry packs, ContentStore store, IListSigner signer, TimeProvider time, ILogger<ErrataDesk> log)
{
    /// <summary>All errata, the newest first.</summary>
    public ImmutableArray<Erratum> All() => database.Read(connection =>
        connection.Query<byte[]>("SELECT payload FROM errata ORDER BY number DESC").Select(payload => Erratum.Read(payload)!).ToImmutableArray());

    public async Task<(Erratum? Made, ErratumRefusal Refusal)> MakeAsync(string pack, ErratumRequest request, CancellationToken cancellationToken)
    {
        if (packs.Find(pack, request.Version) is not { } version)
            return (null, ErratumRefusal.NoPack);
        if (request.Text.Texts.IsEmpty || request.Text.Texts.Count > Erratum.MaxLanguages)
            return (null, ErratumRefusal.NoText);
        if (request.Text.Texts.Sum(text => Encoding.UTF8.GetByteCount(text.Value)) > Erratum.MaxTextBytes)
            return (null, ErratumRefusal.TooLong);
        int second = 0;
        if (request.At is not null && !Erratum.TryParseSecond(request.At, out second))
            return (null, ErratumRefusal.NoPlace);
        string? path = request.Path?.Normalize(NormalizationForm.FormC);
        if (path is not null && await store.ReadAsync(version.Manifest, ContentLimits.MaxManifestBytes, cancellationToken) is { } bytes
            && Manifest.Read(bytes, out _) is { } manifest && manifest.File(path) is null)
            return (null, ErratumRefusal.NoFile);
        Erratum made = await database.WriteAsync((connection, transaction) =>
        {
            long number = Next(connection, transaction);
            var erratum = new Erratum(number, "e" + number.ToString(CultureInfo.InvariantCulture), pack, version.Version, path, request.At is null ? null : second, request.Page, request.Text, Now(), false);
            if (erratum.Problem() is null)
                Save(connection, transaction, erratum);
            return erratum;
        }, cancellationToken);
        if (made.Problem() is not null)
            return (null, made.Path is not null && PackPath.Problem(made.Path) is not null ? ErratumRefusal.NoFile : made.Text.Texts.Values.Any(string.IsNullOrWhiteSpace) ? ErratumRefusal.NoText : ErratumRefusal.NoPlace);
        log.ErratumMade(made.Pack, made.Through, made.Id);
        return (made, ErratumRefusal.None);
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
        .Select(Signed));

    /// <summary>Signed records of the newest, as many as a box keeps: for where nobody can ask again. Those taken back go along, since they take back.</summary>
    public byte[] AllRecords() => ErratumRecords.Join(database.Read(connection =>
        connection.Query<byte[]>("SELECT payload FROM errata ORDER BY number DESC LIMIT @MaxKept", new { Errata.MaxKept }).Reverse().ToList()).Select(Signed), ErratumRecords.MaxFileBytes);

    private ReadOnlyMemory<byte> Signed(byte[] payload) => signer.Sign(ListKind.Erratum, payload).ToBytes();

    private static void Save(Microsoft.Data.Sqlite.SqliteConnection connection, Microsoft.Data.Sqlite.SqliteTransaction transaction, Erratum erratum) =>
        connection.Execute("INSERT OR REPLACE INTO errata (id, number, pack, payload) VALUES (@Id, @Number, @Pack, @payload)",
            new { erratum.Id, erratum.Number, erratum.Pack, payload = erratum.ToPayload() }, transaction);

    /// <summary>Follows the clock where it can: numbers given after a restored backup are greater than those that boxes hold.</summary>
    private long Next(Microsoft.Data.Sqlite.SqliteConnection connection, Microsoft.Data.Sqlite.SqliteTransaction transaction) =>
        Math.Max(connection.ExecuteScalar<long>("SELECT coalesce(max(number), 0) + 1 FROM errata", transaction: transaction), time.GetUtcNow().ToUnixTimeMilliseconds());

    private DateTimeOffset Now() => DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());
}
