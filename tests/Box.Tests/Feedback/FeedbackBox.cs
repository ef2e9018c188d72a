using Edge.Box.Feedback;
using Edge.Core.Content;
using Edge.Core.Feedback;
using Edge.Core.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TestKit.Disk;

namespace Edge.Box.Tests.Feedback;

/// <summary>The feedback of a box over HTTP on a free port, with a plan of one lesson, on a file in a folder of its own.</summary>
internal sealed class FeedbackBox : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private WebApplication? _app;

    public HttpClient Http { get; private set; } = null!;

    public string File => _folder["feedback.db"];

    public string AttachmentFolder => _folder["attachments"];

    public T Get<T>() where T : notnull => _app!.Services.GetRequiredService<T>();

    public static async Task<FeedbackBox> StartAsync(CancellationToken cancellationToken, params (string Name, string Value)[] settings)
    {
        var box = new FeedbackBox();
        await box.RunAsync(cancellationToken, settings);
        return box;
    }

    public async Task RunAsync(CancellationToken cancellationToken, params (string Name, string Value)[] settings)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value)));
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(new Texts(new[] { "en", "zh-Hans" }.Select(language => KeyValuePair.Create(language, Locale(language)))));
        FeedbackDatabase file = await FeedbackDatabase.OpenAsync(File, cancellationToken);
        builder.Services.AddFeedback(file, _ => new FeedbackPorts(() => Plan, context => context.Request.Headers.AcceptLanguage.ToString() is "zh" ? "zh-Hans" : "en", () => TimeQuality.Unknown));
        builder.Services.AddAttachments(_ => new AttachmentPorts(AttachmentFolder, () => null, (_, _) => throw new System.Diagnostics.UnreachableException()));
        _app = builder.Build();
        _app.MapFeedback();
        await _app.StartAsync(cancellationToken);
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            BaseAddress = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()),
        };
    }

    public async Task StopAsync()
    {
        Http.Dispose();
        if (_app is not null)
            await _app.DisposeAsync();
        _app = null;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Dispose();
    }

    public static SitePlan Plan { get; } = new(1, "school-1", LocalText.Of("en", "School"), [],
    [
        new PlannedLesson("maths-3a", LocalText.Of("en", "Fractions"), "3A", "maths", new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.Zero), TimeSpan.FromMinutes(40),
            null, Live: true, LessonStage.Running,
            [new Poll("poll-1", LocalText.Of("en", "Half of a half?"), [LocalText.Of("en", "1/2"), LocalText.Of("en", "1/4"), LocalText.Of("en", "1/8")], null), new Poll("words", LocalText.Of("en", "What did you see?"), [], null)]),
    ]);

    private static byte[] Locale(string language)
    {
        using Stream stream = typeof(FeedbackDesk).Assembly.GetManifestResourceStream($"locale:{language}")!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
