using System.Security.Cryptography;
using Dapper;
using Edge.Core.Identity;
using Edge.Core.Text;
using Edge.Durable;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using Relay.Identity;

namespace Relay.Fleet;

/// <summary>What came of a box asking to be enrolled.</summary>
public enum EnrolOutcome
{
    Waiting,
    /// <summary>The code or the certificate request is not well formed.</summary>
    Malformed,
    /// <summary>Another box shows this code already: the asker makes a new one.</summary>
    CodeTaken,
    /// <summary>Too many boxes wait: later.</summary>
    Busy,
}

/// <summary>What came of staff typing a code.</summary>
public enum ClaimOutcome
{
    Claimed,
    /// <summary>Mistyped: the check symbol does not fit.</summary>
    NoCode,
    /// <summary>No box shows this code.</summary>
    Unknown,
    /// <summary>The box has to show a new code by now.</summary>
    Expired,
    AlreadyClaimed,
    /// <summary>The school's name is missing or too long.</summary>
    NoSchoolName,
    /// <summary>The id for a new school is no slug.</summary>
    NoSchoolId,
}

/// <summary>What staff send to claim a box: the shown code and the school's id or name. An unknown school is added.</summary>
public sealed record ClaimRequest(string Code, string School, string? SchoolId)
{
    /// <summary>Longest name of a school, in letters.</summary>
    public const int MaxSchoolLength = 200;
}

/// <summary>Binds boxes to schools. A box shows a code and leaves its certificate request; staff type the code; the box collects its certificate.</summary>
public sealed class EnrolmentDesk(DurableDatabase database, FleetStore fleet, RelayKeys keys, IOptions<FleetOptions> options, TimeProvider time)
{
    // Kept past their end so that "expired" can be told from "unknown".
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(30);

    /// <summary>Takes in a request. The same box asking again gets the same ticket.</summary>
    public async Task<(EnrolOutcome Outcome, EnrolTicket? Ticket)> ApplyAsync(EnrolRequest request, CancellationToken cancellationToken)
    {
        string? code = ClaimCode.Normalise(request.Code);
        if (code is null || !CertificateAuthority.IsSound(request.CertificateRequest))
            return (EnrolOutcome.Malformed, null);
        return await database.WriteAsync<(EnrolOutcome, EnrolTicket?)>((connection, transaction) =>
        {
            long now = time.GetUtcNow().ToUnixTimeMilliseconds();
            connection.Execute("DELETE FROM enrolments WHERE box IS NULL AND asked < @before", new { before = now - (long)Remembered.TotalMilliseconds }, transaction);
            Enrolment? held = Find(connection, "code", code);
            if (held is not null)
            {
                return held.Request == request.CertificateRequest
                    ? (EnrolOutcome.Waiting, new EnrolTicket(held.Ticket, Left(held)))
                    : (EnrolOutcome.CodeTaken, null);
            }
            if (connection.ExecuteScalar<long>("SELECT count(*) FROM enrolments WHERE box IS NULL", transaction: transaction) >= options.Value.MaxWaitingBoxes)
                return (EnrolOutcome.Busy, null);
            string ticket = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
            connection.Execute("INSERT INTO enrolments (ticket, code, request, asked) VALUES (@ticket, @code, @request, @now)",
                new { ticket, code, request = request.CertificateRequest, now }, transaction);
            return (EnrolOutcome.Waiting, new EnrolTicket(ticket, options.Value.ClaimCodeLifetime));
        }, cancellationToken);
    }

    /// <summary>What a claim with this code would come to now; changes nothing.</summary>
    public ClaimOutcome Outlook(string typed) =>
        ClaimCode.Normalise(typed) is not { } code ? ClaimOutcome.NoCode
        : database.Read(connection => Find(connection, "code", code)) is not { } enrolment ? ClaimOutcome.Unknown
        : Judge(enrolment);

    /// <summary>The box that was claimed with this code, if one was.</summary>
    public BoxId BoxOf(string typed) =>
        ClaimCode.Normalise(typed) is { } code && database.Read(connection => Find(connection, "code", code)) is { Box: { } box } ? BoxId.Parse(box) : default;

    /// <summary>Claims as staff ask. A school is added only for a code that will do: a mistyped claim changes nothing.</summary>
    /// <returns>What came of it; the box claimed now or before with this code; the school's id.</returns>
    public async Task<(ClaimOutcome Outcome, BoxId Box, string School)> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(request.School) || request.School.Length > ClaimRequest.MaxSchoolLength)
            return (ClaimOutcome.NoSchoolName, default, "");
        if (fleet.FindSchool(request.SchoolId ?? request.School) is { } known)
        {
            (ClaimOutcome outcome, BoxId box) = await ClaimAsync(request.Code, known, cancellationToken);
            return (outcome, box, known.Id);
        }
        ClaimOutcome outlook = Outlook(request.Code);
        if (outlook != ClaimOutcome.Claimed)
            return (outlook, BoxOf(request.Code), "");
        // Names without Latin letters give no slug; the school then gets a number of its own.
        string id = request.SchoolId ?? Slug.From(request.School) ?? $"school-{fleet.Schools().Length + 1}";
        if (!Slug.IsValid(id))
            return (ClaimOutcome.NoSchoolId, default, "");
        School added = await fleet.AddSchoolAsync(id, LocalText.Of(request.School.Any(c => c >= 0x2E80) ? "zh-Hans" : "en", request.School), cancellationToken);
        (ClaimOutcome claimed, BoxId claimedBox) = await ClaimAsync(request.Code, added, cancellationToken);
        return (claimed, claimedBox, id);
    }

    /// <summary>Makes the box that shows <paramref name="typed"/> a box of <paramref name="school"/>.</summary>
    public async Task<(ClaimOutcome Outcome, BoxId Box)> ClaimAsync(string typed, School school, CancellationToken cancellationToken)
    {
        if (ClaimCode.Normalise(typed) is not { } code)
            return (ClaimOutcome.NoCode, default);
        return await database.WriteAsync((connection, transaction) =>
        {
            if (Find(connection, "code", code) is not { } enrolment)
                return (ClaimOutcome.Unknown, default(BoxId));
            if (Judge(enrolment) is var outcome and not ClaimOutcome.Claimed)
                return (outcome, enrolment.Box is null ? default : BoxId.Parse(enrolment.Box));
            BoxId box = BoxId.New();
            using var certificate = keys.Authority.IssueBox(box, enrolment.Request);
            connection.Execute("INSERT INTO boxes (id, school, epoch, certificate, claimed) VALUES (@box, @school, 1, @certificate, @now)",
                new { box = box.ToString(), school = school.Id, certificate = certificate.ExportCertificatePem(), now = time.GetUtcNow().ToUnixTimeMilliseconds() }, transaction);
            connection.Execute("UPDATE enrolments SET box = @box WHERE ticket = @ticket", new { box = box.ToString(), ticket = enrolment.Ticket }, transaction);
            return (ClaimOutcome.Claimed, box);
        }, cancellationToken);
    }

    /// <summary>What a ticket has come to: the grant once claimed, the time left while waiting, neither when the code has expired or the ticket is unknown.
    /// A grant may be collected again: it holds nothing secret, and the first answer may have been lost on the way.</summary>
    public (EnrolGrant? Grant, TimeSpan? Left) Collect(string ticket) => database.Read<(EnrolGrant?, TimeSpan?)>(connection =>
    {
        if (Find(connection, "ticket", ticket) is not { } enrolment)
            return (null, null);
        if (enrolment.Box is null)
            return (null, Left(enrolment) is var left && left > TimeSpan.Zero ? left : null);
        (string school, long epoch, string certificate) = connection.QuerySingle<(string, long, string)>(
            "SELECT school, epoch, certificate FROM boxes WHERE id = @Box", enrolment);
        return (new EnrolGrant(enrolment.Box, school, certificate, epoch, Convert.ToBase64String(keys.Root.ToBytes())), null);
    });

    /// <summary>A new working certificate for a box that shows its present or lately expired one. Null when the request is not sound.</summary>
    public async Task<string?> RenewAsync(BoxId box, string requestPem, CancellationToken cancellationToken)
    {
        if (!CertificateAuthority.IsSound(requestPem))
            return null;
        using var certificate = keys.Authority.IssueBox(box, requestPem);
        string pem = certificate.ExportCertificatePem();
        await fleet.RenewedAsync(box, pem, cancellationToken);
        return pem;
    }

    private ClaimOutcome Judge(Enrolment enrolment) =>
        enrolment.Box is not null ? ClaimOutcome.AlreadyClaimed
        : Left(enrolment) <= TimeSpan.Zero ? ClaimOutcome.Expired
        : ClaimOutcome.Claimed;

    private TimeSpan Left(Enrolment enrolment) =>
        DateTimeOffset.FromUnixTimeMilliseconds(enrolment.Asked) + options.Value.ClaimCodeLifetime - time.GetUtcNow();

    private static Enrolment? Find(SqliteConnection connection, string by, string value) =>
        connection.QuerySingleOrDefault<Enrolment>($"SELECT ticket, code, request, asked, box FROM enrolments WHERE {by} = @value", new { value });

    private sealed class Enrolment
    {
        public string Ticket { get; init; } = "";
        public string Request { get; init; } = "";
        public long Asked { get; init; }
        public string? Box { get; init; }
    }
}
