using System.Collections.Immutable;
using System.CommandLine;
using System.Net;
using System.Reflection;
using Edge.Box.Access;
using Edge.Box.Bundle;
using Edge.Box.Content;
using Edge.Box.Feedback;
using Edge.Box.Identity;
using Edge.Box.Iptv;
using Edge.Box.Live;
using Edge.Box.Neighbours;
using Edge.Box.Pages;
using Edge.Box.Panel;
using Edge.Box.Pictures;
using Edge.Box.Sync;
using Edge.Box.Usage;
using Edge.Core.Feedback;
using Edge.Core.Live;
using Edge.Core.Panel;
using Edge.Core.Sync;
using Edge.Core.Text;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;

namespace Edge.Box;

/// <summary><c>box run</c>: joins the features into the appliance's one process.</summary>
public static class BoxServer
{
    public static Command RunCommand()
    {
        var command = new Command("run", "Run the box: the school's site, the store, the link to the relay") { TreatUnmatchedTokensAsErrors = false };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using WebApplication app = await BuildAsync([.. parsed.UnmatchedTokens], cancellationToken);
            await app.RunAsync(cancellationToken);
            return 0;
        });
        return command;
    }

    /// <param name="arguments">Settings as <c>--Section:Name=value</c>; they go before environment and files.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public static async Task<WebApplication> BuildAsync(string[] arguments, CancellationToken cancellationToken)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = arguments, ContentRootPath = AppContext.BaseDirectory });
        builder.Host.UseSystemd();
        // The framework's own lines per request would wear the card and bury ours; settings can bring them back.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Logging.AddFilter("System.Net.Http", LogLevel.Warning);
        builder.Services.AddOptionsWithValidateOnStart<BoxOptions, BoxOptionsValidator>().BindConfiguration("Box");
        BoxOptions options = builder.Configuration.GetSection("Box").Get<BoxOptions>() ?? new BoxOptions();
        // These are used before the host could check them.
        if (new BoxOptionsValidator().Validate(null, options) is { Failed: true } wrong)
            throw new OptionsValidationException("Box", typeof(BoxOptions), wrong.Failures);
        Directory.CreateDirectory(options.DataFolder);
        DataFolderLock alone = DataFolderLock.TryTake(options.DataFolder)
            ?? throw new IOException($"another program works on {Path.GetFullPath(options.DataFolder)}: is the box running already?");
        // Made by a factory, so that it is let go last, with the services.
        builder.Services.AddSingleton(_ => alone);

        TimeProvider time = TimeProvider.System;
        BoxIdentity identity = await BoxIdentity.OpenAsync(Path.Combine(options.DataFolder, "identity"), cancellationToken);
        builder.Services.AddSingleton(time);
        var recent = new RecentLog(RecentLogBytes, time);
        builder.Logging.AddProvider(recent);
#pragma warning disable RS0030 // The one place where chance comes from.
        builder.Services.AddSingleton<Func<double>>(Random.Shared.NextDouble);
#pragma warning restore RS0030
        // First of all: hosted parts stop in reverse order, and dark lamps tell people that they may unplug.
        builder.Services.AddPanel(services => PanelJoinsOf(services, options));
        builder.Services.AddIdentity(identity, services => BulkShapeOf(services.GetRequiredService<IOptions<ContentOptions>>().Value));
        builder.Services.AddSingleton(_ => new TeacherPin(Path.Combine(options.DataFolder, "identity"), time));
        builder.Services.AddSingleton<TeacherSessions>();
        builder.Services.AddContent(Path.Combine(options.DataFolder, "content"), services => new ContentPorts(
            () => services.GetRequiredService<RelayHttp>().Client, () => services.GetRequiredService<RelayHttp>().Bulk, () => identity.Claimed?.Root, () => identity.Claimed?.School,
            () => services.GetRequiredService<SiteView>().LiveNeedsLink, pack => services.GetRequiredService<PackUse>().IsInUse(pack)));
        builder.Services.AddLive(services => new LivePorts(Path.Combine(options.DataFolder, "live"),
            () => services.GetRequiredService<ListStore>().Current?.Plan, () => services.GetRequiredService<RelayHttp>().Client)
        {
            Now = () => TimeToGoBy(services, time),
            Grant = (wantedBytes, stop) => services.GetRequiredService<LinkGate>().AskAsync(wantedBytes, due: false, stop),
        });
        builder.Services.AddPictures(services =>
        {
            var live = services.GetRequiredService<LiveLessons>();
            return new PicturePorts(Path.Combine(options.DataFolder, "pictures"), () => live.Recordings, lesson => live.Filled(lesson)?.Window, (lesson, sequence) => live.Filled(lesson)?.ReadAlone(sequence));
        });
        builder.Services.AddIptv(services =>
        {
            var live = services.GetRequiredService<LiveLessons>();
            return new IptvPorts(() => services.GetRequiredService<ListStore>().Current?.Plan, live.State, lesson => live.Recording(lesson) is { Fragmented: false } recording ? recording.Window : null,
                (lesson, sequence) => live.Recording(lesson)?.Read(sequence), IPAddress.Parse(options.Address),
                services.GetRequiredService<SiteView>().Television, Reader.LanguageOf);
        });
        builder.Services.AddSingleton(services => new ToolSite(() => options.ToolPort != 0 ? options.ToolPort : TakenPort(services, 1)));
        Texts texts = LoadTexts();
        builder.Services.AddSingleton(texts);
        builder.Services.AddPages();
        builder.Services.AddSingleton(services => new SiteFacts(() => services.GetRequiredService<ListStore>().Current?.Plan, () => identity.ClaimCode));
        builder.Services.AddFeedback(await FeedbackDatabase.OpenAsync(Path.Combine(options.DataFolder, "feedback.db"), cancellationToken), services => new FeedbackPorts(
            services.GetRequiredService<SiteFacts>().Plan, Reader.LanguageOf, () => TimeQuality.Unknown)
        {
            Giver = (context, kind, claimed) => services.GetRequiredService<ClassAccess>().Giver(PhoneMark.Of(context), kind, claimed),
        });
        builder.Services.AddAttachments(services => new AttachmentPorts(Path.Combine(options.DataFolder, "attachments"), () => services.GetRequiredService<RelayHttp>().Bulk,
            (wantedBytes, stop) => services.GetRequiredService<LinkGate>().AskAsync(wantedBytes, due: false, stop)));
        builder.Services.AddUsage(Path.Combine(options.DataFolder, "usage.json"), services => () => TimeToGoBy(services, time) is { } now ? DateOnly.FromDateTime(now.ToLocalTime().DateTime) : null);
        builder.Services.AddAccess(services => new AccessPorts(Path.Combine(options.DataFolder, "access"), services.GetRequiredService<SiteFacts>().Plan, () => TimeToGoBy(services, time),
            services.GetRequiredService<IOptions<PanelOptions>>().Value.Gpio.Enabled));
        builder.Services.AddSync(services => new LinkPorts(
            () => Credentials(services, identity),
            services.GetRequiredService<SiteView>().Report,
            // Lists name the lessons too: either nudge is a reason to look at them now.
            _ => services.GetRequiredService<FetchLoop>().Nudge(),
            () => services.GetRequiredService<RelayHttp>().Client,
            Version));
        // Requests run where their bytes arrived: two changes of thread less for each. What may block does so on a pool thread either way.
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.Services.AddNeighbours(services => new NeighbourPorts(() => identity.Claimed?.Id.ToString(), () => options.Port));
        builder.Services.AddSingleton<NeighbourFetch>(services => services.GetRequiredService<Neighbourhood>().FetchAsync);
        builder.Services.AddUsb(services => new UsbPorts(
            services.GetRequiredService<UsbBundleImport>().RunAsync,
            services.GetRequiredService<FetchLoop>().Nudge),
            services => ReturnPortsOf(services, identity, recent));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Parse(options.Address), options.Port);
            kestrel.Listen(IPAddress.Parse(options.Address), options.ToolPort, ToolSite.MarkAsTools);
            if (UsbEndpoints.Fits(options.DataFolder))
            {
                // A socket file of a former run; we alone work here.
                File.Delete(UsbEndpoints.SocketOf(options.DataFolder));
                kestrel.ListenUnixSocket(UsbEndpoints.SocketOf(options.DataFolder), UsbEndpoints.MarkAsControl);
            }
        });

        WebApplication app = builder.Build();
        // Before anything starts: a wrong setting or a missing authority is one line for the technician, not the host's stack.
        app.Services.GetRequiredService<IStartupValidator>().Validate();
        _ = app.Services.GetRequiredService<RelayTrust>();
        _ = app.Services.GetRequiredService<DataFolderLock>();
        if (!UsbEndpoints.Fits(options.DataFolder))
            app.Services.GetRequiredService<ILogger<UsbDesk>>().NoControlSocket(UsbEndpoints.SocketOf(options.DataFolder), UsbEndpoints.MaxSocketPathBytes);
        SoundForm.UseRefusal(app);
        app.UseRouting();
        ToolSite.UseGate(app);
        UsageCounting.Use(app);
        app.MapContent();
        app.MapTools();
        app.MapLive();
        app.MapIptv();
        app.MapPictures();
        app.MapFeedback();
        app.MapPanel();
        app.MapUsb();
        app.MapNeighbours();
        app.MapPages();
        await app.Services.StartContentAsync(cancellationToken);
        return app;
    }

    /// <summary>Version of the running program.</summary>
    public static string Version { get; } =
        typeof(BoxServer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    private static DateTimeOffset? TimeToGoBy(IServiceProvider services, TimeProvider time) =>
        SchoolBell.Now(services.GetRequiredService<LinkGate>().LocalNow, time.GetUtcNow(), services.GetRequiredService<ListStore>().Current?.Plan?.Issued);

    private static BulkShape BulkShapeOf(ContentOptions content) => new(content.MaxConnections, content.InFlightBytes);

    /// <summary>Of the log that goes back on a stick: a day of a box that has trouble.</summary>
    private const int RecentLogBytes = 256 << 10;

    private static UsbReturnPorts ReturnPortsOf(IServiceProvider services, BoxIdentity identity, RecentLog recent)
    {
        var outbox = services.GetRequiredService<SqliteOutbox>();
        var trust = services.GetRequiredService<RelayTrust>();
        string relay = services.GetRequiredService<IOptions<IdentityOptions>>().Value.RelayUrl.Host;
        return new UsbReturnPorts(
            Sender: () => identity.Claimed is { } claimed ? new ReturnSender(claimed.Id, claimed.Certificate) : null,
            RelayKey: () => services.GetRequiredService<ListStore>().Current?.Plan?.ReturnKey,
            Owed: outbox.Owed,
            Status: () =>
            {
                StatusFacts facts = services.GetRequiredService<SiteView>().Report();
                SiteStatus status = services.GetRequiredService<SiteView>().Status();
                return new StatusReport(StatusReport.CounterOf(outbox.State.Epoch, outbox.Starts, services.GetRequiredService<LinkState>().NextReport()), Version, status.Uptime,
                    facts.Packs, facts.LiveLessons, outbox.State.Unsent, facts.FreeBytes, facts.Lists).ToJson();
            },
            Log: recent.ToBytes,
            // As on the link: from its authority, and for the name that this box calls it by.
            IsRelay: certificate => trust.IsRelay(certificate, certificate.MatchesHostname(relay) ? System.Net.Security.SslPolicyErrors.None : System.Net.Security.SslPolicyErrors.RemoteCertificateNameMismatch),
            AckedAsync: async (acked, cancellationToken) =>
            {
                // Only one that the link has not used yet: the grant may have been lost on its way.
                if (acked.Ack.Through == 0)
                    await outbox.TakeAsync(acked.Epoch, cancellationToken);
                await outbox.TakeAsync(acked.Ack, cancellationToken);
            });
    }

    private static LinkCredentials? Credentials(IServiceProvider services, BoxIdentity identity) => identity.Claimed is { } claimed
        ? new LinkCredentials(claimed.Id, services.GetRequiredService<IOptions<IdentityOptions>>().Value.RelayUrl.Host, claimed.Certificate,
            services.GetRequiredService<RelayTrust>().IsRelay)
        : null;

    /// <summary>The free port that the listener of this place took.</summary>
    private static int TakenPort(IServiceProvider services, int listener) =>
        new Uri(services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ElementAt(listener)).Port;

    private static PanelJoins PanelJoinsOf(IServiceProvider services, BoxOptions options)
    {
        var texts = services.GetRequiredService<Texts>();
        var power = services.GetRequiredService<PowerState>();
        var lifetime = services.GetRequiredService<IHostApplicationLifetime>();
        // Safe to teach as soon as the site answers.
        lifetime.ApplicationStarted.Register(() => power.Status = PowerStatus.Mains);
        lifetime.ApplicationStopping.Register(() => power.Status = PowerStatus.ShuttingDown);
        ImmutableArray<string> languages = [.. texts.Offered];
        return new PanelJoins(
            () => services.GetRequiredService<SiteView>().Facts(languages) with { Door = services.GetRequiredService<TeacherDoor>().Shown },
            (effect, cancellationToken) => services.GetRequiredService<PanelActions>().ActAsync(effect, cancellationToken),
            texts.Format,
            options.DataFolder,
            // Everything the panel can do the page can do; but who is not at the box, and no teacher, does not switch it off for a whole school.
            (context, button) => button != PanelButton.SafeOff || !services.GetRequiredService<TeacherPin>().IsSet || services.GetRequiredService<TeacherSessions>().IsTeacher(context));
    }

    private static Texts LoadTexts()
    {
        Assembly assembly = typeof(BoxServer).Assembly;
        return new Texts(assembly.GetManifestResourceNames().Where(name => name.StartsWith("locale:", StringComparison.Ordinal)).Select(name =>
        {
            using Stream stream = assembly.GetManifestResourceStream(name)!;
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return KeyValuePair.Create(name["locale:".Length..], bytes);
        }));
    }
}
