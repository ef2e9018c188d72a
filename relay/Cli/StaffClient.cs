using System.CommandLine;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Relay.Cli;

/// <summary>Trouble that the person at the command line is told in one line; the command ends with 1.</summary>
public sealed class CommandFailedException(string message) : Exception(message);

/// <summary>The command line's way to a running relay: its staff API, with the staff key.</summary>
public sealed class StaffClient : IDisposable
{
    private readonly HttpClient _http;

    public StaffClient(Uri relay, string key)
    {
        // A build or upload may take long; the person can press Ctrl-C.
        _http = new HttpClient { BaseAddress = relay, Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    /// <summary>As the staff API writes JSON.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web) { Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter() } };

    /// <summary>Where the relay is: <c>--relay</c>, else the environment's <c>RELAY_URL</c>, else this machine.</summary>
    public static readonly Option<string> RelayOption = new("--relay")
    {
        Description = "Address of the relay's console port",
        Recursive = true,
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("RELAY_URL") ?? "http://127.0.0.1:9000",
    };

    /// <summary>File with the staff key: <c>--key-file</c>, else the one in the data folder. The environment's <c>RELAY_KEY</c> goes before both.</summary>
    public static readonly Option<string> KeyFileOption = new("--key-file")
    {
        Description = "File with the staff key",
        Recursive = true,
        DefaultValueFactory = _ => Path.Combine(Environment.GetEnvironmentVariable("Relay__DataFolder") ?? "relay-data", "keys", "staff.key"),
    };

    /// <exception cref="CommandFailedException">There is no key.</exception>
    public static StaffClient From(ParseResult parsed)
    {
        if (!Uri.TryCreate(parsed.GetValue(RelayOption), UriKind.Absolute, out Uri? relay))
            throw new CommandFailedException($"{parsed.GetValue(RelayOption)} is no address");
        string keyFile = parsed.GetValue(KeyFileOption)!;
        string key = Environment.GetEnvironmentVariable("RELAY_KEY")
            ?? (File.Exists(keyFile) ? File.ReadAllText(keyFile) : throw new CommandFailedException($"no staff key: {keyFile} is missing; give --key-file or set RELAY_KEY"));
        return new StaffClient(relay, key.Trim());
    }

    /// <summary>Whole address of a path of the relay.</summary>
    public Uri AddressOf(string path) => new(_http.BaseAddress!, path);

    public async Task<JsonElement> GetAsync(string path, CancellationToken cancellationToken) =>
        await ReadAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);

    public Task<JsonElement> PostAsync(string path, object body, CancellationToken cancellationToken) =>
        PostAsync(path, JsonContent.Create(body), cancellationToken);

    public async Task<JsonElement> PostAsync(string path, HttpContent content, CancellationToken cancellationToken) =>
        await ReadAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = content }, cancellationToken);

    public Task<JsonElement> PutAsync(string path, object body, CancellationToken cancellationToken) =>
        ReadAsync(new HttpRequestMessage(HttpMethod.Put, path) { Content = JsonContent.Create(body) }, cancellationToken);

    public Task<JsonElement> DeleteAsync(string path, CancellationToken cancellationToken) => ReadAsync(new HttpRequestMessage(HttpMethod.Delete, path), cancellationToken);

    /// <summary>Sends an object that the relay names by its hash.</summary>
    public async Task PutAsync(string path, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        await ReadAsync(new HttpRequestMessage(HttpMethod.Put, path) { Content = new ReadOnlyMemoryContent(bytes) }, cancellationToken);

    /// <summary>Fetches an object of at most <paramref name="maxBytes"/>.</summary>
    public async Task<byte[]> GetBytesAsync(string path, int maxBytes, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await SendAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);
        if (!response.IsSuccessStatusCode || response.Content.Headers.ContentLength > maxBytes)
            throw new CommandFailedException($"the relay answered {(int)response.StatusCode} for {path}");
        return await response.Content.ReadAsByteArrayAsync(cancellationToken);
    }

    /// <summary>Copies an answer of any length as it comes.</summary>
    public async Task CopyAsync(string path, Stream to, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await SendAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellationToken, HttpCompletionOption.ResponseHeadersRead);
        if (!response.IsSuccessStatusCode)
            throw new CommandFailedException(Reason(await response.Content.ReadAsStringAsync(cancellationToken)) ?? $"the relay answered {(int)response.StatusCode}");
        await response.Content.CopyToAsync(to, cancellationToken);
    }

    /// <summary>Fetches a stretch of an object.</summary>
    public async Task<byte[]> GetRangeAsync(string path, int offsetBytes, int lengthBytes, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Range = new RangeHeaderValue(offsetBytes, offsetBytes + lengthBytes - 1) } };
        using HttpResponseMessage response = await SendAsync(request, cancellationToken);
        if (response.StatusCode != System.Net.HttpStatusCode.PartialContent || response.Content.Headers.ContentLength != lengthBytes)
            throw new CommandFailedException($"the relay answered {(int)response.StatusCode} for a part of {path}");
        return await response.Content.ReadAsByteArrayAsync(cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonElement> ReadAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await SendAsync(request, cancellationToken);
        string text = await response.Content.ReadAsStringAsync(cancellationToken);
        if (response.IsSuccessStatusCode)
            return text.Length == 0 ? default : JsonElement.Parse(text);
        throw new CommandFailedException(response.StatusCode == System.Net.HttpStatusCode.Unauthorized
            ? "the staff key is wrong"
            : Reason(text) ?? $"the relay answered {(int)response.StatusCode}");
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken, HttpCompletionOption until = HttpCompletionOption.ResponseContentRead)
    {
        try
        {
            return await _http.SendAsync(request, until, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw new CommandFailedException($"the relay at {_http.BaseAddress} cannot be reached: {e.Message}");
        }
    }

    /// <summary>The staff API says why in <c>{"error":"…"}</c>.</summary>
    private static string? Reason(string text)
    {
        try
        {
            JsonElement body = JsonElement.Parse(text);
            return body.ValueKind == JsonValueKind.Object && body.TryGetProperty("error", out JsonElement error) ? error.GetString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
