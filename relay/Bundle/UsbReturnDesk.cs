using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Core.Identity;
using Edge.Core.Sync;

namespace Relay.Bundle;

/// <summary>What became of one envelope from a stick.</summary>
/// <param name="Stored">Items that are new here.</param>
/// <param name="SetAside">Items that cannot be read.</param>
/// <param name="Gap">Something before it is missing here; the next ack asks the box for it.</param>
public readonly record struct ReturnedEnvelope(int Stored, int SetAside, bool Gap);

/// <summary>What returns need of the rest of the relay. Joined in RelayServer.</summary>
/// <param name="BoxOf">The box of a certificate of ours, even if its time is over: sticks travel slowly. Null for any other.</param>
/// <param name="SchoolOf">The school of a box; null when it is unknown or revoked.</param>
/// <param name="TakeAsync">Gives an envelope to the same ingest as the link does.</param>
/// <param name="ReportedAsync">Keeps a status report, unless a newer one is held.</param>
/// <param name="LogAsync">Keeps the box's log.</param>
public sealed record ReturnPorts(
    Func<X509Certificate2, BoxId?> BoxOf,
    Func<BoxId, string?> SchoolOf,
    Func<BoxId, string, ReadOnlyMemory<byte>, CancellationToken, Task<ReturnedEnvelope>> TakeAsync,
    Func<BoxId, StatusReport, byte[], CancellationToken, Task> ReportedAsync,
    Func<BoxId, byte[], CancellationToken, Task> LogAsync);

/// <summary>What came of a return.</summary>
/// <param name="Refusal">Why nothing of it was taken; null when it was.</param>
public sealed record ReturnTaken(string? Refusal, string? Box = null, string? School = null, int Envelopes = 0, int NewItems = 0, int SetAside = 0, int Gaps = 0);

/// <summary>Opens what boxes wrote onto sticks. Taking one in again changes nothing.</summary>
public sealed class UsbReturnDesk(ReturnKeys keys, ReturnPorts ports, ILogger<UsbReturnDesk> log)
{
    public async Task<ReturnTaken> TakeAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (SealedReturn.RelayKeyOf(bytes.Span) is not { } name)
            return Refused("this is nothing that a box wrote");
        if (keys.Find(name) is not { } key)
            return Refused("it is sealed for another relay, or for a key that is gone");
        if (Open(bytes.Span, key) is not var (content, certificate))
            return Refused("it was damaged or changed on its way");
        BoxId? box;
        using (certificate)
            box = ports.BoxOf(certificate);
        if (box is null || UsbReturn.Read(content) is not { } returned || returned.Box != box)
            return Refused("it is not signed by a box of this relay");
        if (ports.SchoolOf(box.Value) is not { } school)
            return Refused($"box {box} is unknown or revoked");
        int items = 0, setAside = 0, gaps = 0;
        foreach (byte[] envelope in returned.Envelopes)
        {
            ReturnedEnvelope taken = await ports.TakeAsync(box.Value, school, envelope, cancellationToken);
            items += taken.Stored;
            setAside += taken.SetAside;
            gaps += taken.Gap ? 1 : 0;
        }
        if (returned.Status is { } status && StatusReport.Read(status) is { } report)
            await ports.ReportedAsync(box.Value, report, status, cancellationToken);
        if (returned.Log is { Length: > 0 } lines)
            await ports.LogAsync(box.Value, lines, cancellationToken);
        log.ReturnTaken(box.Value, returned.Envelopes.Length, items);
        return new ReturnTaken(null, box.ToString(), school, returned.Envelopes.Length, items, setAside, gaps);
    }

    private static (byte[] Content, X509Certificate2 Certificate)? Open(ReadOnlySpan<byte> bytes, ECDiffieHellman key)
    {
        // The platform's key objects are not for several threads at once.
        lock (key)
            return SealedReturn.Open(bytes, key, out X509Certificate2? certificate) is { } content ? (content, certificate!) : null;
    }

    private ReturnTaken Refused(string why)
    {
        log.ReturnRefused(why);
        return new ReturnTaken(why);
    }
}
