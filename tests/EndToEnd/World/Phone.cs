using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace EndToEnd.World;

/// <summary>What the box said it has saved.</summary>
/// <param name="Number">The number shown to the pupil: the order at this box.</param>
/// <param name="Id">The item's name, the same at the relay.</param>
/// <param name="Text">What was given; of a vote the option, from 0.</param>
public sealed record Promise(long Number, string Id, string Text);

/// <summary>A phone in the class, with the page's manners: what is not told "saved" is posted again under the same nonce until it is.</summary>
public sealed class Phone(BoxNode box, string lesson, int seat) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // A box that is gone for good must end the test, not hang it.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    // A page gives up a silent connection and posts again.
    private readonly HttpClient _http = new() { BaseAddress = box.Site, Timeout = TimeSpan.FromSeconds(5), DefaultRequestHeaders = { Accept = { new MediaTypeWithQualityHeaderValue("application/json") } } };

    public Task<Promise> AskAsync(string text, CancellationToken cancellationToken) => GiveAsync($"/lesson/{lesson}/question", "text", text, cancellationToken);

    public Task<Promise> VoteAsync(string poll, int option, CancellationToken cancellationToken) => GiveAsync($"/lesson/{lesson}/poll/{poll}", "option", $"{option}", cancellationToken);

    public void Dispose() => _http.Dispose();

    /// <exception cref="InvalidOperationException">The box refused: with an answer that is neither "saved" nor "later".</exception>
    private async Task<Promise> GiveAsync(string path, string field, string value, CancellationToken cancellationToken)
    {
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { [field] = value, ["class"] = "3A", ["seat"] = $"{seat}", ["nonce"] = Guid.NewGuid().ToString("N") });
        long started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (TimeProvider.System.GetElapsedTime(started) > Patience)
                throw new TimeoutException($"{path} was not saved within {Patience}\n{box.Output}");
            try
            {
                using HttpResponseMessage answer = await _http.PostAsync(path, form, cancellationToken);
                if (answer.StatusCode == HttpStatusCode.Created)
                {
                    JsonElement said = await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
                    return new Promise(said.GetProperty("number").GetInt64(), said.GetProperty("id").GetString()!, value);
                }
                if (answer.StatusCode != HttpStatusCode.ServiceUnavailable)
                    throw new InvalidOperationException($"{path} answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(cancellationToken)}");
            }
            catch (Exception e) when (e is HttpRequestException or IOException || e is TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
                // The box is away; the pupil's words are still in the page.
            }
            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }
    }
}
