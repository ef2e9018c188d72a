using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Edge.Core.Identity;
using Microsoft.Extensions.Options;

namespace Edge.Box.Identity;

/// <summary>Gets this box its certificate: asks until staff have claimed the shown code, then renews when a third of its life is left.</summary>
public sealed class EnrolmentLoop(BoxIdentity identity, RelayHttp http, IOptions<IdentityOptions> options, TimeProvider time, ILogger<EnrolmentLoop> log) : BackgroundService
{
    /// <summary>Longest a single question to the relay may take. Answers are below 4 kB: 30 s at 1 kbit/s.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Largest answer taken in.</summary>
    private const int MaxAnswerBytes = 64 << 10;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        bool reached = true;
        while (!stoppingToken.IsCancellationRequested)
        {
            bool claimed = identity.Claimed is not null;
            try
            {
                if (claimed)
                    await RenewIfDueAsync(stoppingToken);
                else
                    await AskAsync(stoppingToken);
                reached = true;
            }
            catch (Exception e) when (e is HttpRequestException or IOException || e is OperationCanceledException && !stoppingToken.IsCancellationRequested)
            {
                // Said once per outage: a box without a link is normal.
                if (reached)
                    log.RelayNotReached(e.Message);
                reached = false;
            }
            if (claimed == identity.Claimed is not null)
                await Task.Delay(claimed ? options.Value.RenewalCheckInterval : options.Value.ClaimPollInterval, time, stoppingToken);
        }
    }

    private async Task AskAsync(CancellationToken stoppingToken)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stoppingToken);
        using HttpClient client = http.CreateAnonymous();
        client.MaxResponseContentBufferSize = MaxAnswerBytes;
        if (identity.Ticket is null)
        {
            var request = new EnrolRequest(identity.ClaimCode!, await identity.CertificateRequestAsync(linked.Token));
            using var content = new ByteArrayContent(request.ToJson());
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using HttpResponseMessage response = await client.PostAsync("/enrol", content, linked.Token);
            if (response.StatusCode == HttpStatusCode.Conflict)
                await identity.NewCodeAsync(stoppingToken);
            else if (response.IsSuccessStatusCode && EnrolTicket.Read(await response.Content.ReadAsByteArrayAsync(linked.Token)) is { } ticket)
                await identity.KeepTicketAsync(ticket.Ticket, stoppingToken);
            else
                log.EnrolmentRefused((int)response.StatusCode);
            return;
        }
        using HttpResponseMessage answer = await client.GetAsync($"/enrol/{Uri.EscapeDataString(identity.Ticket)}", linked.Token);
        switch (answer.StatusCode)
        {
            case HttpStatusCode.OK:
                if (EnrolGrant.Read(await answer.Content.ReadAsByteArrayAsync(linked.Token)) is { } grant && await identity.KeepGrantAsync(grant, stoppingToken))
                    log.Claimed(grant.Box, grant.School);
                else
                    log.GrantNotSound();
                break;
            case HttpStatusCode.Gone:
                await identity.NewCodeAsync(stoppingToken);
                log.ClaimCodeExpired();
                break;
        }
    }

    private async Task RenewIfDueAsync(CancellationToken stoppingToken)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stoppingToken);
        X509Certificate2 certificate = identity.Claimed!.Certificate;
        HttpClient client = http.Client!;
        // The relay's clock decides, not this box's. A certificate that has run out is not let to /time: its answer says the same.
        using HttpResponseMessage clock = await client.GetAsync("/time", HttpCompletionOption.ResponseHeadersRead, linked.Token);
        DateTimeOffset? now = clock.Headers.Date;
        TimeSpan life = certificate.NotAfter - certificate.NotBefore;
        if (now is null || certificate.NotAfter - now.Value.LocalDateTime > life / 3)
            return;
        using var content = new ByteArrayContent(Encoding.ASCII.GetBytes(await identity.CertificateRequestAsync(linked.Token)));
        using HttpResponseMessage response = await client.PostAsync("/renew", content, linked.Token);
        if (response.IsSuccessStatusCode && await identity.KeepCertificateAsync(await response.Content.ReadAsStringAsync(linked.Token), stoppingToken))
            log.CertificateRenewed();
        else
            log.RenewalRefused((int)response.StatusCode);
    }
}
