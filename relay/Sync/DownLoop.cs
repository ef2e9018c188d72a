using Edge.Core.Identity;
using Edge.Core.Sync;
using Microsoft.Extensions.Options;

namespace Relay.Sync;

/// <summary>Sends queued items down: at once when something is queued or a box makes contact, again when a box does not report them in time.</summary>
public sealed class DownLoop(DownQueue queue, IBoxBroker broker, BoxMessages messages, IOptions<SyncOptions> options, TimeProvider time, ILogger<DownLoop> log) : BackgroundService
{
    // By box: how far was sent and when. One small entry per box that ever had something.
    private readonly Dictionary<BoxId, (long Through, long At)> _sent = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            using var limit = new CancellationTokenSource(options.Value.DownPatience, time);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stoppingToken);
            try
            {
                await queue.Waiting.WaitToReadAsync(linked.Token);
            }
            catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
            {
                // Time to look at what was not reported.
                foreach (BoxId box in _sent.Keys.ToArray())
                    await SendAsync(box, stoppingToken);
            }
            var woken = new HashSet<BoxId>();
            while (queue.Waiting.TryRead(out BoxId box))
                woken.Add(box);
            foreach (BoxId box in woken)
                await SendAsync(box, stoppingToken);
        }
    }

    private async Task SendAsync(BoxId box, CancellationToken stoppingToken)
    {
        // What is not sent has no place yet: what is urgent can still go before it.
        if (messages.IsGone(box))
        {
            _sent.Remove(box);
            return;
        }
        long after = _sent.TryGetValue(box, out var sent) && time.GetElapsedTime(sent.At) < options.Value.DownPatience ? sent.Through : 0;
        DownStep step = await queue.NextAsync(box, after, options.Value.DownAhead, options.Value.DownPatience, stoppingToken);
        try
        {
            foreach (DownItem item in step.Ahead.AddRange(step.Items))
                await broker.SendAsync(box, new DownMessage(Item: item), stoppingToken);
        }
        catch (IOException e)
        {
            log.NotSent(box, e.Message);
            return;
        }
        if (step.Items.Length > 0)
            _sent[box] = (step.Items[^1].Sequence, time.GetTimestamp());
        else if (step.Ahead.Length > 0)
            _sent.TryAdd(box, (0, time.GetTimestamp()));
        else if (sent.Through <= step.Through)
            _sent.Remove(box);
    }
}
