using System.Collections.Immutable;
using System.CommandLine;
using System.Net;
using System.Text.Json.Serialization;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Edge.Durable;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Options;
using Relay.Bundle;
using Relay.Console;
using Relay.Content;
using Relay.Feedback;
using Relay.Fleet;
using Relay.Identity;
using Relay.Live;
using Relay.Storage;
using Relay.Sync;

namespace Relay;

/// <summary><c>relay serve</c>: joins the features into one process.</summary>
public static class RelayServer
{
    public static Command ServeCommand()
    {
        var command = new Command("serve", "Run the relay: console, box API, broker and storage in one process") { TreatUnmatchedTokensAsErrors = false };
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
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Host.UseSystemd();
        // The framework's own lines per request would wear the card and bury ours; settings can bring them back.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Logging.AddFilter("System.Net.Http", LogLevel.Warning);
        // It says at each start that the keys of staff cookies are not encrypted: they lie in the keys folder, which only the relay can enter.
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        builder.Services.AddOptionsWithValidateOnStart<RelayOptions, RelayOptionsValidator>().BindConfiguration("Relay");
        RelayOptions options = builder.Configuration.GetSection("Relay").Get<RelayOptions>() ?? new RelayOptions();
        SyncOptions sync = builder.Configuration.GetSection("Sync").Get<SyncOptions>() ?? new SyncOptions();
        // These are used before the host could check them.
        Check(options, new RelayOptionsValidator());
        Check(sync, new SyncOptionsValidator());

        TimeProvider time = TimeProvider.System;
        Directory.CreateDirectory(options.DataFolder);
        RelayKeys keys = await RelayKeys.OpenAsync(Path.Combine(options.DataFolder, "keys"), options.Names, time, cancellationToken);
        ReturnKeys returnKeys = await ReturnKeys.OpenAsync(Path.Combine(options.DataFolder, "keys"), cancellationToken);
        builder.Services.AddSingleton(time);
#pragma warning disable RS0030 // The one place where chance comes from.
        builder.Services.AddSingleton<Func<double>>(Random.Shared.NextDouble);
#pragma warning restore RS0030
        builder.Services.AddSingleton(_ => new DurableDatabase(Path.Combine(options.DataFolder, "relay.db"),
            FleetTables.Schema, ContentTables.Schema, ProposalTables.Schema, AuditLog.Schema, SignInLimit.Schema, LiveTables.Schema, SyncTables.Schema, FeedbackTables.Schema, UsbTables.Schema));
        builder.Services.AddIdentity(keys, Path.Combine(options.DataFolder, "keys", "sessions"));
        builder.Services.AddFleet();
        builder.Services.AddContent(Path.Combine(options.DataFolder, "content"), services => new PlanSources(
            () => [.. services.GetRequiredService<FleetStore>().Schools().Select(school => new PlannedSchool(school.Id, school.Name, school.Link))],
            services.GetRequiredService<LessonStore>().LessonsOf, returnKeys.PublicKey));
        builder.Services.AddLive(services => new LivePorts(Path.Combine(options.DataFolder, "live"), ListsChanged(services)));
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.Converters.Add(new JsonStringEnumConverter()));
        builder.Services.AddConsole();
        builder.Services.AddOpenApi(api => api.ShouldInclude = endpoint => endpoint.RelativePath?.StartsWith("api/", StringComparison.Ordinal) == true);
        builder.Services.AddSync(
            sync.Broker,
            await RelayGeneration.NextAsync(Path.Combine(options.DataFolder, "generation"), time, cancellationToken),
            services => SyncPortsOf(services, keys));
        builder.Services.AddFeedback(
            services => services.GetRequiredService<DownQueue>().Add,
            services => box => services.GetRequiredService<DownQueue>().Wake(box));
        builder.Services.AddAttachments(Path.Combine(options.DataFolder, "attachments"));
        builder.Services.AddUsb(returnKeys, services => UsbPortsOf(services, keys), services => ReturnPortsOf(services, options.DataFolder));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Parse(options.ConsoleAddress), options.ConsolePort);
            kestrel.Listen(IPAddress.Parse(options.BoxAddress), options.BoxPort, listener =>
            {
                listener.MarkAsBoxApi();
                listener.UseHttps(keys.Server, https =>
                {
                    https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                    // Judged with a reason in BoxApiGate: a box that is refused should be able to say why.
                    https.AllowAnyClientCertificate();
                });
            });
        });

        WebApplication app = builder.Build();
        // Before anything starts: a wrong setting is one line for the technician, not the host's stack.
        app.Services.GetRequiredService<IStartupValidator>().Validate();
        app.UseRouting();
        app.UseBoxApiGate();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapEnrolment();
        app.MapContentForBoxes(context => context.Caller().School).ForBoxes();
        Func<CancellationToken, Task> listsChanged = ListsChanged(app.Services);
        app.MapPacks(app.Services.GetRequiredService<FleetStore>().ArrivalsOf, listsChanged);
        app.MapUsb();
        app.MapProposals(listsChanged);
        app.MapKeys(listsChanged);
        app.MapFleet(listsChanged, Revoke(app.Services));
        app.MapLessons();
        app.MapCaptions();
        app.MapCameras();
        app.MapIngest();
        app.MapLiveOrigin(context => context.Caller().School).ForBoxes();
        app.MapConsole(new ConsolePorts(listsChanged, Revoke(app.Services)));
        app.MapFeedback();
        app.MapUsage();
        app.MapLinkForBoxes(context => context.Caller().Box).ForBoxes();
        app.MapAttachmentsForBoxes(context => context.Caller().Box).ForBoxes();
        app.MapLinkDoubts();
        app.MapNotices((school, lesson) => BoxesOf(app.Services, school, lesson));
        app.MapGet("/time", (TimeProvider clock) => Results.Text(clock.GetUtcNow().ToString("O"))).ForBoxes();
        // The staff API described for programs; staff only, like the API itself.
        app.MapOpenApi("/openapi.json");
        app.MapGet("/healthz", () => "ok").AllowAnonymous();
        await app.Services.GetRequiredService<FleetStore>().AllDisconnectedAsync(cancellationToken);
        return app;
    }

    /// <summary>Boxes in force of a school and of a lesson's schools; null: there is no such school or lesson.</summary>
    private static BoxId[]? BoxesOf(IServiceProvider services, string? school, string? lesson)
    {
        FleetStore fleet = services.GetRequiredService<FleetStore>();
        Lesson? about = lesson is null ? null : services.GetRequiredService<LessonStore>().Find(lesson);
        if ((lesson is not null && about is null) || (school is not null && fleet.Schools().All(known => known.Id != school)))
            return null;
        return [.. fleet.Boxes().Where(box => !box.Revoked && (school is null || box.School == school) && about?.IsFor(box.School) != false).Select(box => box.Id)];
    }

    private static void Check<TOptions>(TOptions options, IValidateOptions<TOptions> validator) where TOptions : class
    {
        if (validator.Validate(null, options) is { Failed: true } wrong)
            throw new OptionsValidationException(typeof(TOptions).Name, typeof(TOptions), wrong.Failures);
    }

    /// <summary>Lists are made from the tables when a box asks; a nudge makes those that are connected ask now; the broker is asked for late, since it needs the features that tell of changes.</summary>
    private static Func<CancellationToken, Task> ListsChanged(IServiceProvider services) =>
        cancellationToken => services.GetRequiredService<Nudges>().SendAsync(Nudge.Lists, cancellationToken);

    /// <summary>First the table that is asked at every call, then the connection that stands: in between the box could only come back to a refusal.</summary>
    private static Func<BoxId, CancellationToken, Task<bool>> Revoke(IServiceProvider services) => async (box, cancellationToken) =>
    {
        if (!await services.GetRequiredService<FleetStore>().RevokeAsync(box, cancellationToken))
            return false;
        await services.GetRequiredService<IBoxBroker>().DropAsync(box, cancellationToken);
        await services.GetRequiredService<AuditLog>().AddAsync(AuditLog.Staff, "box-revoked", box.ToString(), "", cancellationToken);
        return true;
    };

    private static UsbPorts UsbPortsOf(IServiceProvider services, RelayKeys keys)
    {
        var fleet = services.GetRequiredService<FleetStore>();
        var lists = services.GetRequiredService<ListPublisher>();
        return new UsbPorts(
            HeldBy: school => [.. fleet.Boxes().Where(box => box.School == school && !box.Revoked).Select(box => box.Status is null ? null : StatusReport.Read(box.Status)?.Packs)],
            Roots: () =>
            {
                long newest = TrustRoot.Read(keys.Root.Payload.Span)!.Version;
                return [.. Enumerable.Range(1, (int)newest).Select(version => lists.Root(version)).OfType<byte[]>()];
            },
            AcksOf: school => services.GetRequiredService<BoxCursors>().Acks(fleet.Boxes().Where(box => box.School == school && !box.Revoked).Select(box => box.Id)) is { IsEmpty: false } acks
                ? new UsbAcks(acks).Sign(keys.Server) : null);
    }

    private static ReturnPorts ReturnPortsOf(IServiceProvider services, string dataFolder)
    {
        var fleet = services.GetRequiredService<FleetStore>();
        var certificates = services.GetRequiredService<BoxCertificates>();
        var writer = services.GetRequiredService<IngestWriter>();
        return new ReturnPorts(
            BoxOf: certificate => certificates.Judge(certificate, out BoxId box) != BoxCertificateVerdict.Foreign ? box : null,
            SchoolOf: fleet.SchoolOf,
            TakeAsync: async (box, school, bytes, cancellationToken) =>
            {
                EnvelopeRead read = Envelope.Read(bytes.Span, out EnvelopeHeader header, out ImmutableArray<Edge.Core.Feedback.FeedbackItem> items);
                if (read == EnvelopeRead.Foreign)
                    return new ReturnedEnvelope(0, 1, Gap: false);
                IngestResult result = await writer.TakeAsync(new ArrivedBatch(box, school, read, header, items, bytes, OneWay: true), cancellationToken);
                return new ReturnedEnvelope(result.Stored, result.SetAside, result.Verdict == IngestVerdict.Ahead);
            },
            ReportedAsync: (box, report, bytes, cancellationToken) => fleet.ReportedOnStickAsync(box, report.Counter, bytes, cancellationToken),
            LogAsync: async (box, lines, cancellationToken) =>
            {
                string folder = Path.Combine(dataFolder, "box-logs");
                Directory.CreateDirectory(folder);
                await DurableFile.WriteAsync(Path.Combine(folder, $"{box}.log"), lines, cancellationToken);
            });
    }

    private static SyncPorts SyncPortsOf(IServiceProvider services, RelayKeys keys)
    {
        var fleet = services.GetRequiredService<FleetStore>();
        var certificates = services.GetRequiredService<BoxCertificates>();
        var time = services.GetRequiredService<TimeProvider>();
        return new SyncPorts(
            Server: () => keys.Server,
            Client: () => keys.Link,
            Authority: () => keys.Authority.Certificate,
            BoxOf: certificate => certificates.Judge(certificate, out BoxId box) == BoxCertificateVerdict.Valid ? box : null,
            SchoolOf: fleet.SchoolOf,
            Seen: fleet.SeenAsync,
            Reported: (box, report, bytes, cancellationToken) => fleet.ReportedAsync(box, report.Counter, bytes.ToArray(), cancellationToken),
            Store: (connection, transaction, arrived) =>
                FeedbackStore.Add(connection, transaction, arrived.Box, arrived.School, arrived.Epoch, arrived.Sequence, arrived.Item, time.GetUtcNow()));
    }
}
