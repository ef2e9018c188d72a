using System.Collections.Concurrent;
using System.Collections.Immutable;
using Edge.Core.Feedback;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Microsoft.Extensions.Options;

namespace Relay.Sync;

/// <summary>Takes in what boxes publish, whichever broker brought it. The broker acknowledges when the task completes: then it is on disk.</summary>
public sealed class BoxMessages(IngestWriter writer, DownQueue down, SyncPorts ports, IOptions<SyncOptions> options, TimeProvider time, ILogger<BoxMessages> log)
{
    private readonly ConcurrentDictionary<BoxId, Contact> _contacts = [];

    /// <summary>Boxes whose link stands, as far as is known.</summary>
    public IEnumerable<BoxId> Connected => _contacts.Where(contact => contact.Value.Connected).Select(contact => contact.Key);

    /// <summary>The link of this box ended, as far as is known; one that was never heard of since the start may be there.</summary>
    public bool IsGone(BoxId box) => _contacts.TryGetValue(box, out Contact contact) && !contact.Connected;

    /// <summary>Carries out one message.</summary>
    /// <returns>What to answer, or null.</returns>
    public async Task<DownMessage?> TakeAsync(BoxId box, UpTopic topic, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        if (ports.SchoolOf(box) is not { } school)
        {
            log.UnknownBox(box);
            return null;
        }
        bool leaves = topic == UpTopic.Presence && payload.Span.SequenceEqual("0"u8);
        await SeenAsync(box, !leaves, cancellationToken);
        switch (topic)
        {
            case UpTopic.Up:
                return await IngestAsync(box, school, payload, overtaking: false, cancellationToken);
            case UpTopic.Urgent:
                return await IngestAsync(box, school, payload, overtaking: true, cancellationToken);
            case UpTopic.Status when StatusReport.Read(payload.Span) is { } report:
                await ports.Reported(box, report, payload, cancellationToken);
                return null;
            case UpTopic.Status:
                log.ReportNotSound(box, payload.Length);
                return null;
            default:
                return null;
        }
    }

    /// <summary>The link of a box ended without a word.</summary>
    public Task GoneAsync(BoxId box, CancellationToken cancellationToken) => SeenAsync(box, connected: false, cancellationToken);

    private async Task<DownMessage?> IngestAsync(BoxId box, string school, ReadOnlyMemory<byte> payload, bool overtaking, CancellationToken cancellationToken)
    {
        EnvelopeRead read = Envelope.Read(payload.Span, out EnvelopeHeader header, out ImmutableArray<FeedbackItem> items);
        if (read == EnvelopeRead.Foreign)
        {
            // Nothing says where it belongs, so there is nothing to ack; a sound box never sends this.
            log.EnvelopeForeign(box, payload.Length);
            return null;
        }
        IngestResult result = await writer.TakeAsync(new ArrivedBatch(box, school, read, header, items, payload, overtaking), cancellationToken);
        if (result.SetAside > 0)
            log.SetAside(box, result.SetAside);
        if (result.Verdict == IngestVerdict.Clash)
            log.Clash(box, header.Epoch);
        if (result.Verdict == IngestVerdict.Wait)
            log.TwoOfOneName(box);
        if (result.Reply?.Epoch is { } grant && result.Verdict != IngestVerdict.TellEpoch)
            log.EpochIssued(box, grant.Epoch);
        down.Wake(box);
        // What overtakes is acked when it comes in its order.
        return overtaking ? null : result.Reply;
    }

    private async Task SeenAsync(BoxId box, bool connected, CancellationToken cancellationToken)
    {
        bool known = _contacts.TryGetValue(box, out Contact contact);
        if (known && contact.Connected == connected && time.GetElapsedTime(contact.WrittenAt) < options.Value.SeenInterval)
            return;
        _contacts[box] = new Contact(connected, time.GetTimestamp());
        await ports.Seen(box, connected, cancellationToken);
    }

    private readonly record struct Contact(bool Connected, long WrittenAt);
}
