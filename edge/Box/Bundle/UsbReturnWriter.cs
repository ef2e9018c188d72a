using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Box.Content;
using Edge.Core.Content;
using Edge.Core.Identity;
using Edge.Core.Sync;

namespace Edge.Box.Bundle;

/// <summary>Who this box is towards the relay.</summary>
public sealed record ReturnSender(BoxId Box, X509Certificate2 Certificate);

/// <summary>What goes back on a stick, and what comes for it. Joined in BoxServer.</summary>
/// <param name="Sender">Null until the claim.</param>
/// <param name="RelayKey">The key to seal for, as the signed plan names it; null when it names none.</param>
/// <param name="Owed">Envelopes of all that the relay has not acknowledged, in order, each with its number of items.</param>
/// <param name="Status">A status report, JSON.</param>
/// <param name="Log">The last lines of the log.</param>
/// <param name="IsRelay">Whether a certificate is the relay's.</param>
/// <param name="AckedAsync">The relay has this much of our feedback.</param>
public sealed record UsbReturnPorts(
    Func<ReturnSender?> Sender,
    Func<string?> RelayKey,
    Func<IEnumerable<(byte[] Envelope, int Items)>> Owed,
    Func<byte[]> Status,
    Func<byte[]> Log,
    Func<X509Certificate2, bool> IsRelay,
    Func<BoxAck, CancellationToken, Task> AckedAsync);

/// <summary>Writes what the box owes onto a stick that asks for it, sealed for the relay. Nothing leaves the outbox by that: only an ack lets it go,
/// and it comes over the link or with the next stick.</summary>
public sealed class UsbReturnWriter(UsbReturnPorts ports, ILogger<UsbReturnWriter> log)
{
    /// <summary>Envelope bytes in one file. A stick that is pulled while it is written keeps the files before.</summary>
    private const int PartBytes = 4 << 20;

    /// <summary>Most files: 256 MiB, four times the largest outbox by default.</summary>
    private const int MostParts = 64;

    /// <summary>Takes in what the stick says the relay has.</summary>
    public async Task TakeAcksAsync(UsbStick stick, UsbBundleHead head, CancellationToken cancellationToken)
    {
        if (head.Acks is not { } place || ports.Sender() is not { } sender || await stick.ReadAsync(place, cancellationToken) is not { } bytes)
            return;
        if (UsbAcks.Read(bytes, ports.IsRelay) is not { } acks)
        {
            log.AcksNotTrusted();
            return;
        }
        if (acks.Boxes.FirstOrDefault(box => box.Box == sender.Box.ToString()) is { } ours)
            await ports.AckedAsync(ours, cancellationToken);
    }

    /// <summary>Writes what is owed now, in place of what this box wrote before.</summary>
    /// <returns>How many items; 0 when the stick does not ask, cannot be written, or was pulled.</returns>
    public async Task<int> WriteAsync(UsbStick stick, UsbBundleHead head, CancellationToken cancellationToken)
    {
        if (!head.AsksForReturn || ports.Sender() is not { } sender || ports.RelayKey() is not { } relayKey)
            return 0;
        int items = 0;
        try
        {
            byte[] key = Convert.FromBase64String(relayKey);
            int part = 0;
            var envelopes = ImmutableArray.CreateBuilder<byte[]>();
            int bytes = 0, waiting = 0;
            foreach ((byte[] envelope, int count) in ports.Owed())
            {
                if (bytes + envelope.Length > PartBytes && part < MostParts - 1)
                {
                    await PutAsync(null, null);
                    items += waiting;
                    waiting = 0;
                }
                else if (bytes + envelope.Length > PartBytes)
                {
                    break;
                }
                envelopes.Add(envelope);
                bytes += envelope.Length;
                waiting += count;
            }
            await PutAsync(ports.Status(), ports.Log());
            items += waiting;
            for (; part < MostParts; part++)
                stick.Remove(UsbBundlePaths.ReturnOf(sender.Box, part));
            log.ReturnWritten(items);

            async Task PutAsync(byte[]? status, byte[]? lines)
            {
                byte[] content = new UsbReturn(sender.Box, envelopes.ToImmutable(), status, lines).ToBytes();
                await stick.WriteAsync(UsbBundlePaths.ReturnOf(sender.Box, part++), SealedReturn.Seal(content, sender.Certificate, key), cancellationToken);
                envelopes.Clear();
                bytes = 0;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.ReturnNotWritten(e.Message);
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            log.ReturnKeyNotSound(e.Message);
        }
        return items;
    }
}
