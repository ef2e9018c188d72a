using Edge.Box.Feedback;
using Edge.Core.Feedback;
using Edge.Core.Sync;

namespace Edge.Box.Sync;

/// <summary>What a message from the relay led to.</summary>
/// <param name="Window">What counts as sent now.</param>
/// <param name="Answered">The relay has said how far it is.</param>
/// <param name="HasNews">The relay should hear where the box stands.</param>
/// <param name="Wait">Send no items for so long.</param>
public readonly record struct Heard(SendWindow Window, bool Answered, bool HasNews, TimeSpan Wait);

/// <summary>Carries out what the relay says, whichever way it came; on disk when the task completes.</summary>
public sealed class LinkEar(SqliteOutbox outbox, DownInbox inbox, LinkPorts ports, LinkState state, ILogger<LinkEar> log)
{
    public async Task<Heard> TakeAsync(byte[] json, SendWindow window, CancellationToken cancellationToken)
    {
        state.Heard();
        var heard = new Heard(window, Answered: false, HasNews: false, Wait: TimeSpan.Zero);
        if (DownMessage.Read(json) is not { } message)
        {
            log.MessageNotSound();
            return heard;
        }
        if (message.Pace is { } pace && outbox.Spread != TimeSpan.FromSeconds(pace.SpreadSeconds))
            await outbox.KeepSpreadAsync(TimeSpan.FromSeconds(pace.SpreadSeconds), cancellationToken);
        if (message.Ack is { } ack)
        {
            (Outbox before, Outbox after) = await outbox.TakeAsync(ack, cancellationToken);
            bool ended = after.Epoch == 0 && before.Epoch != 0;
            if (ended)
                log.EpochEnded(before.Epoch);
            return new Heard(window.With(ack, before, after), Answered: true, ended, TimeSpan.FromMilliseconds(message.Pace?.WaitMs ?? 0));
        }
        if (message.Epoch is { } grant && await outbox.TakeAsync(grant, cancellationToken))
        {
            log.EpochGranted(grant.Epoch);
            return heard with { Window = SendWindow.Granted, Answered = true };
        }
        if (message.Item is { } item)
        {
            if (await inbox.TakeAsync(item, cancellationToken) == DownOutcome.Gap)
                log.DownGap(item.Sequence);
            return heard with { HasNews = true };
        }
        if (message.Nudge is { } nudge)
            ports.Nudged(nudge);
        return heard;
    }
}
