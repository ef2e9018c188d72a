using System.Net.Http.Headers;
using Edge.Box.Feedback;
using Edge.Core.Feedback;
using Edge.Core.Sync;
using Microsoft.Extensions.Options;

namespace Edge.Box.Sync;

/// <summary>The same envelopes over HTTPS, where MQTT is blocked: a round gives what is owed and takes what waits. No push; a session resumes for some 3 kB.</summary>
public sealed class HttpsLink(SqliteOutbox outbox, LinkEar ear, LinkPorts ports, IOptions<SyncOptions> options, TimeProvider time)
{
    // A month of answers in small batches; a relay that never comes to an end is left.
    private const int MaxExchanges = 5000;

    /// <summary>Gives and takes until nothing is owed on either side.</summary>
    /// <returns>False when the relay did not answer to the point.</returns>
    /// <exception cref="HttpRequestException">It was not reached, or refused.</exception>
    public async Task<bool> RoundAsync(CancellationToken cancellationToken)
    {
        if (ports.Https() is not { } http)
            return false;
        SendWindow window = default;
        bool news = false;
        for (int exchange = 0; exchange < MaxExchanges; exchange++)
        {
            Outbox owed = outbox.State;
            (long First, int Count)? next = window.Next(owed, options.Value.BatchItems, options.Value.BatchItems);
            if (window.Greeted && owed.Epoch != 0 && next is null && !news)
                return true;
            OutboxBatch batch = outbox.Batch(next?.First ?? owed.Acked + 1, next?.Count ?? 0, next is null ? 0 : options.Value.BatchBytes);
            SendWindow sent = next is null ? window : window.WithSent(batch.Header.Last);
            news = false;
            bool answered = false;
            TimeSpan wait = TimeSpan.Zero;
            foreach (byte[] line in await PostAsync(http, "link/up", Envelope.Write(batch.Header, batch.Items), cancellationToken))
            {
                Heard heard = await ear.TakeAsync(line, sent, cancellationToken);
                sent = heard.Window;
                answered |= heard.Answered;
                news |= heard.HasNews;
                wait = heard.Wait > wait ? heard.Wait : wait;
            }
            if (!answered || (next is not null && !news && sent.Waits(outbox.State)))
                return false;
            window = sent;
            await Task.Delay(wait, time, cancellationToken);
        }
        return false;
    }

    /// <summary>Sends a status report.</summary>
    /// <inheritdoc cref="RoundAsync" path="/exception"/>
    public async Task ReportAsync(StatusReport report, CancellationToken cancellationToken)
    {
        if (ports.Https() is { } http)
            await PostAsync(http, "link/status", report.ToJson(), cancellationToken);
    }

    private async Task<IReadOnlyList<byte[]>> PostAsync(HttpClient http, string path, byte[] bytes, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.Value.Patience, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var content = new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } };
        using HttpResponseMessage response = await http.PostAsync(new Uri(path, UriKind.Relative), content, linked.Token);
        response.EnsureSuccessStatusCode();
        byte[] body = await response.Content.ReadAsByteArrayAsync(linked.Token);
        var lines = new List<byte[]>();
        foreach (Range line in body.AsSpan().Split((byte)'\n'))
        {
            if (body[line] is { Length: > 0 } message)
                lines.Add(message);
        }
        return lines;
    }
}
