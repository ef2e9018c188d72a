using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dapper;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Edge.Core.Text;
using Edge.Durable;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Relay.Fleet;
using Relay.Identity;
using TestKit.Disk;
using Xunit;

namespace Relay.Tests.Console;

/// <summary>The whole relay on free ports with a folder of its own, and a browser without script.</summary>
internal sealed class ConsoleHost : IAsyncDisposable
{
    private readonly TempFolder _folder;
    private readonly WebApplication _app;

    private ConsoleHost(TempFolder folder, WebApplication app)
    {
        _folder = folder;
        _app = app;
        Address = new Uri(app.Urls.First(url => url.StartsWith("http:", StringComparison.Ordinal)));
        Http = Browser();
    }

    public Uri Address { get; }

    /// <summary>Follows no redirect by itself; keeps cookies.</summary>
    public HttpClient Http { get; }

    public string StaffKey => Get<RelayKeys>().StaffKey;

    public T Get<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    public static async Task<ConsoleHost> StartAsync(params string[] settings)
    {
        var folder = new TempFolder();
        WebApplication app = await RelayServer.BuildAsync(
            ["--Relay:DataFolder=" + folder["data"], "--Relay:ConsolePort=0", "--Relay:BoxAddress=127.0.0.1", "--Relay:BoxPort=0", "--Sync:BrokerAddress=127.0.0.1", "--Sync:BrokerPort=0", "--Logging:LogLevel:Default=Error", .. settings],
            CancellationToken.None);
        await app.StartAsync();
        return new ConsoleHost(folder, app);
    }

    public static async Task<ConsoleHost> SignedInAsync(string language = "en", params string[] settings)
    {
        ConsoleHost host = await StartAsync(settings);
        host.Http.DefaultRequestHeaders.AcceptLanguage.ParseAdd(language);
        using HttpResponseMessage response = await host.Http.GetAsync("/login?key=" + host.StaffKey);
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        return host;
    }

    /// <summary>Another browser, not signed in.</summary>
    public HttpClient Browser() => new(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = Address };

    public async Task<string> PageAsync(string path)
    {
        using HttpResponseMessage response = await Http.GetAsync(path);
        string page = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode} {page}");
        return page;
    }

    public Task<HttpResponseMessage> PostAsync(string path, params (string Name, string Value)[] fields) =>
        Http.PostAsync(path, new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))));

    /// <summary>A claim code that a new box shows.</summary>
    public async Task<string> BoxWaitsAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string code = ClaimCode.New();
        string request = new CertificateRequest("CN=box", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        Assert.Equal(EnrolOutcome.Waiting, (await Get<EnrolmentDesk>().ApplyAsync(new EnrolRequest(code, request), default)).Outcome);
        return code;
    }

    /// <summary>A school with a claimed box.</summary>
    public async Task<BoxId> AddBoxAsync(string school, string chinese, string english)
    {
        School added = await Get<FleetStore>().AddSchoolAsync(school, LocalText.Of("zh-Hans", chinese).And("en", english), default);
        return (await Get<EnrolmentDesk>().ClaimAsync(await BoxWaitsAsync(), added, default)).Box;
    }

    public Task ReportAsync(BoxId box, StatusReport report) => Get<FleetStore>().ReportedAsync(box, report.Counter, report.ToJson(), default);

    /// <summary>The box was heard of last so long ago.</summary>
    public Task LastHeardAsync(BoxId box, TimeSpan ago) => Get<DurableDatabase>().WriteAsync((connection, transaction) => connection.Execute(
        "UPDATE boxes SET connected = 0, last_contact = @at WHERE id = @id",
        new { id = box.ToString(), at = (Get<TimeProvider>().GetUtcNow() - ago).ToUnixTimeMilliseconds() }, transaction), default);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
        _folder.Dispose();
    }
}
