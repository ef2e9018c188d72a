using Edge.Core.Feedback;

namespace Edge.Core.Sync;

/// <summary>What a box has sent on the present connection and not yet seen acked. Forgotten at each connect: the outbox alone knows what is owed.</summary>
/// <param name="Greeted">The relay has answered on this connection.</param>
/// <param name="Sent">Highest sequence given to the link.</param>
public readonly record struct SendWindow(bool Greeted, long Sent)
{
    /// <summary>The sequences to send next, or null for none now. A part batch waits while another is on its way:
    /// what comes in meanwhile rides along and shares its cost.</summary>
    /// <param name="outbox">Where the outbox stands.</param>
    /// <param name="maxItems">Most items in one batch.</param>
    /// <param name="maxAhead">Most items on their way.</param>
    public (long First, int Count)? Next(Outbox outbox, int maxItems, int maxAhead)
    {
        if (!Greeted || outbox.Epoch == 0)
            return null;
        long first = Math.Max(Sent, outbox.Acked) + 1;
        long count = Math.Min(outbox.Last - first + 1, Math.Min(maxItems, outbox.Acked + maxAhead - first + 1));
        bool underWay = first > outbox.Acked + 1;
        return count <= 0 || (underWay && count < maxItems) ? null : (first, (int)count);
    }

    /// <summary>Something was sent and is not acked yet, or no answer came to the greeting.</summary>
    public bool Waits(Outbox outbox) => !Greeted || outbox.Epoch == 0 || Sent > outbox.Acked;

    public SendWindow WithSent(long last) => this with { Sent = last };

    /// <summary>After an ack took the outbox from <paramref name="before"/> to <paramref name="after"/>.</summary>
    public SendWindow With(Ack ack, Outbox before, Outbox after)
    {
        if (ack.Epoch != before.Epoch || before.Epoch == 0)
            return this;
        bool back = ack.Resend || after.Acked < before.Acked || after.Epoch != before.Epoch;
        return new SendWindow(Greeted: true, back ? after.Acked : Math.Max(Sent, after.Acked));
    }

    /// <summary>After a grant that the outbox took up: everything goes anew.</summary>
    public static SendWindow Granted => new(Greeted: true, Sent: 0);
}
