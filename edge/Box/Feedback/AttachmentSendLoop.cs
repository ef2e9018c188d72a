using System.Globalization;
using System.Net;
using Edge.Core.Feedback;
using Edge.Core.Sync;
using Microsoft.Extensions.Options;

namespace Edge.Box.Feedback;

/// <summary>Sends photos and sounds to the relay, one at a time and piece by piece, when nobody's words wait and no lesson needs the link. The relay says how much it holds, so that nothing it has is sent again,
/// also after the power failed here or there.</summary>
public sealed class AttachmentSendLoop(AttachmentStore store, SqliteOutbox outbox, AttachmentPorts ports, IOptions<AttachmentOptions> options, TimeProvider time, ILogger<AttachmentSendLoop> log) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    // Of one that the relay cannot take just now the next ones have their turn.
    private const int MostOwed = 16;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        long hour = time.GetTimestamp();
        try
        {
            while (true)
            {
                TimeSpan rest = Look;
                try
                {
                    foreach (OwedAttachment owed in store.Owed(MostOwed))
                    {
                        if (!await SendAsync(owed.Attachment, stoppingToken))
                            rest = options.Value.Rest;
                    }
                    if (time.GetElapsedTime(hour) >= Hour)
                    {
                        hour = time.GetTimestamp();
                        await store.HourAsync(stoppingToken);
                    }
                }
                catch (Exception e) when (e is IOException or HttpRequestException or System.Text.Json.JsonException or Microsoft.Data.Sqlite.SqliteException or OperationCanceledException && !stoppingToken.IsCancellationRequested)
                {
                    log.AttachmentWaits(e.Message);
                    rest = options.Value.Rest;
                }
                await Task.Delay(rest, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops; the relay knows how far it is.
        }
    }

    /// <returns>False: the relay does not take it now.</returns>
    private async Task<bool> SendAsync(Attachment attachment, CancellationToken cancellationToken)
    {
        if (store.Find(attachment) is not { } path)
        {
            // A card that lost it cannot send it; its words are there.
            await store.SentAsync(attachment, cancellationToken);
            return true;
        }
        byte[] bytes = await File.ReadAllBytesAsync(path, cancellationToken);
        int? held = null;
        while (held != attachment.LengthBytes)
        {
            int wanted = held is { } from ? Math.Min(options.Value.RelayPieceBytes, attachment.LengthBytes - from) : 0;
            // What people wrote goes first, also what they wrote meanwhile.
            if (ports.Relay() is not { } relay || outbox.State.Unsent > 0)
                return true;
            if (wanted > 0)
            {
                LinkAnswer answer = await ports.Grant(wanted, cancellationToken);
                if (answer.BodyBytes == 0)
                {
                    await Task.Delay(answer.Wait, time, cancellationToken);
                    continue;
                }
                wanted = Math.Min(wanted, answer.BodyBytes);
            }
            if (await AskAsync(relay, attachment, held is { } at ? (at, bytes.AsMemory(at, wanted)) : null, cancellationToken) is not { } now)
                return false;
            held = now;
        }
        await store.SentAsync(attachment, cancellationToken);
        return true;
    }

    /// <summary>Gives a piece, or asks.</summary>
    /// <returns>How much the relay holds; null when it does not take this one now.</returns>
    private async Task<int?> AskAsync(HttpClient relay, Attachment attachment, (int Offset, ReadOnlyMemory<byte> Bytes)? piece, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.Value.Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var request = new HttpRequestMessage(piece is null ? HttpMethod.Get : HttpMethod.Put, new Uri(piece is { } at
            ? string.Create(CultureInfo.InvariantCulture, $"attachments/{attachment}?offset={at.Offset}") : $"attachments/{attachment}", UriKind.Relative));
        if (piece is { } given)
            request.Content = new ReadOnlyMemoryContent(given.Bytes);
        using HttpResponseMessage response = await relay.SendAsync(request, either.Token);
        // 404: the relay has not got the question, or knows no attachments; 429: enough of this box for today.
        if (response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.Conflict))
        {
            log.AttachmentNotTaken((int)response.StatusCode);
            return null;
        }
        HeldBytes? held = await response.Content.ReadFromJsonAsync(FeedbackJson.Default.HeldBytes, either.Token);
        return held is { Held: >= 0 } && held.Held <= attachment.LengthBytes ? held.Held : null;
    }
}
