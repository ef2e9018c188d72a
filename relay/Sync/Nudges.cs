using Edge.Core.Identity;
using Edge.Core.Sync;

namespace Relay.Sync;

/// <summary>Tells boxes that are connected to look at once. One that is away looks when it comes back; nothing is owed by a nudge.</summary>
public sealed class Nudges(IBoxBroker broker, BoxMessages messages, ILogger<Nudges> log)
{
    public async Task SendAsync(Nudge nudge, CancellationToken cancellationToken)
    {
        foreach (BoxId box in messages.Connected)
        {
            try
            {
                await broker.SendAsync(box, new DownMessage(Nudge: nudge), cancellationToken);
            }
            catch (IOException e)
            {
                log.NotSent(box, e.Message);
            }
        }
    }
}
