using System.CommandLine;
using System.Net.Sockets;
using System.Text.Json;
using Edge.Box.Bundle;
using Edge.Box.Content;
using Edge.Box.Identity;
using Edge.Core.Content;
using Spectre.Console;

namespace Edge.Box.Cli;

/// <summary><c>box import PATH</c>: takes in a stick, by way of the running box, or alone when it is not running.</summary>
public static class ImportCommand
{
    public static Command Create()
    {
        var path = new Argument<string>("path") { Description = "Folder that the stick is mounted on" };
        var data = new Option<string>("--data")
        {
            Description = "The box's data folder",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable("Box__DataFolder") ?? new BoxOptions().DataFolder,
        };
        var command = new Command("import", "Take in packs from a USB stick; the box may run meanwhile") { path, data };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string folder = Path.GetFullPath(parsed.GetValue(path)!);
            if (!Directory.Exists(folder))
                throw new InvalidDataException($"there is no folder {folder}; is the stick mounted?");
            string dataFolder = parsed.GetValue(data)!;
            if (!Directory.Exists(Path.Combine(dataFolder, "identity")))
                throw new InvalidDataException($"{dataFolder} is no data folder of a box: give --data, or set Box__DataFolder");
            bool json = parsed.GetValue(CommandLine.JsonOption);
            UsbBundleReport report = await ShowProgressAsync(json, progress => TakeAsync(folder, dataFolder, progress, cancellationToken));
            Console.Out.WriteLine(json ? JsonSerializer.Serialize(report, UsbJson.Default.UsbBundleReport) : Sentence(report));
            return report.Outcome is UsbOutcome.Imported or UsbOutcome.NothingNew ? 0 : 1;
        });
        return command;
    }

    private static async Task<UsbBundleReport> TakeAsync(string folder, string dataFolder, IProgress<UsbBundleReport>? progress, CancellationToken cancellationToken)
    {
        using var alone = DataFolderLock.TryTake(dataFolder);
        return alone is null ? await ByTheBoxAsync(folder, dataFolder, progress, cancellationToken) : await AloneAsync(folder, dataFolder, progress, cancellationToken);
    }

    private static async Task<UsbBundleReport> ByTheBoxAsync(string folder, string dataFolder, IProgress<UsbBundleReport>? progress, CancellationToken cancellationToken)
    {
        string socketPath = UsbEndpoints.SocketOf(dataFolder);
        if (!File.Exists(socketPath))
            throw new IOException($"the box is running, but has no control socket {socketPath}: stop it, or plug the stick into it");
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { BaseAddress = new Uri("http://box/"), Timeout = Timeout.InfiniteTimeSpan };
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/control/import?path={Uri.EscapeDataString(folder)}");
        using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        response.EnsureSuccessStatusCode();
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        UsbBundleReport last = new(UsbOutcome.Reading);
        while (await lines.ReadLineAsync(cancellationToken) is { } line)
        {
            last = JsonSerializer.Deserialize(line, UsbJson.Default.UsbBundleReport);
            progress?.Report(last);
        }
        return last.Outcome != UsbOutcome.Reading ? last : throw new IOException("the box stopped before it was done; what had come is kept");
    }

    /// <summary>The same parts as in the running box, without site and link.</summary>
    private static async Task<UsbBundleReport> AloneAsync(string folder, string dataFolder, IProgress<UsbBundleReport>? progress, CancellationToken cancellationToken)
    {
        using BoxIdentity identity = await BoxIdentity.OpenAsync(Path.Combine(dataFolder, "identity"), cancellationToken);
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddEnvironmentVariables().Build());
        services.AddLogging(logging => logging.AddFilter(null, LogLevel.Warning).AddSimpleConsole());
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<Func<double>>(() => 0);
        services.AddContent(Path.Combine(dataFolder, "content"), _ => new ContentPorts(() => null, () => null, () => identity.Claimed?.Root, () => identity.Claimed?.School, () => false));
        await using ServiceProvider provider = services.BuildServiceProvider();
        await provider.StartContentAsync(cancellationToken);
        (UsbBundleReport report, _) = await provider.GetRequiredService<UsbBundleImport>().RunAsync(new UsbStick(folder), progress, cancellationToken);
        try
        {
            await provider.GetRequiredService<PackFetcher>().RunAsync(cancellationToken);
        }
        catch (IOException)
        {
            // There is no link here, and what is whole shows all the same.
        }
        return report;
    }

    private static string Sentence(UsbBundleReport report) => report.Outcome switch
    {
        UsbOutcome.Imported => $"{report.NewBytes:N0} bytes and {report.NewLists} lists came in; {report.WholePacks} of {report.Packs} packs are whole",
        UsbOutcome.NothingNew => $"nothing new: all {report.Packs} packs are here",
        UsbOutcome.NoBundle => "there is nothing for a box on this stick",
        UsbOutcome.OtherSchool => "this stick is for other schools",
        UsbOutcome.NotWhole => $"the stick is damaged or was copied in part: {report.NewBytes:N0} bytes came in, {report.WholePacks} of {report.Packs} packs are whole",
        UsbOutcome.NotTrusted => "the stick is not from this box's relay; nothing was taken",
        UsbOutcome.Pulled => $"the stick was pulled; {report.NewBytes:N0} bytes that had come are kept",
        UsbOutcome.NotClaimed => "no school has claimed this box yet: claim it first, then bring the stick again",
        UsbOutcome.Full => "the box has no room for this stick",
        _ => "the box could not keep what it read; see its log",
    };

    private static Task<UsbBundleReport> ShowProgressAsync(bool json, Func<IProgress<UsbBundleReport>?, Task<UsbBundleReport>> take)
    {
        if (json || Console.IsOutputRedirected)
            return take(null);
        return AnsiConsole.Progress().StartAsync(async context => await take(new TaskProgress(context.AddTask("reading the stick"))));
    }

    private sealed class TaskProgress(ProgressTask task) : IProgress<UsbBundleReport>
    {
        public void Report(UsbBundleReport value)
        {
            task.MaxValue = Math.Max(1, value.TotalBytes);
            task.Value = value.DoneBytes;
        }
    }
}
