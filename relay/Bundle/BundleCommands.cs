using System.CommandLine;
using System.Text.Json;
using Edge.Core.Content;
using Edge.Core.Sync;
using Relay.Cli;
using Spectre.Console;

namespace Relay.Bundle;

/// <summary><c>relay bundle export|import</c>: packs for a school that no line reaches, on a USB stick.</summary>
public static class BundleCommands
{
    public static Command Create()
    {
        var command = new Command("bundle", "USB sticks: write packs for a school, read back what its boxes owe");
        command.Subcommands.Add(Export());
        command.Subcommands.Add(Import());
        return command;
    }

    private static Command Export()
    {
        var school = new Option<string>("--for") { Description = "Id of the school", Required = true };
        var since = new Option<string>("--since")
        {
            Description = "What the school has already: \"last\" (what its boxes reported), the plan version of a former stick, or \"nothing\"",
            DefaultValueFactory = _ => UsbBundleDesk.Last,
        };
        var to = new Option<string>("--to") { Description = "Folder that the stick is mounted on", Required = true };
        var noReturn = new Option<bool>("--no-return") { Description = "Do not ask for the boxes' feedback" };
        var command = new Command("export", "Write lists and packs for a school onto a stick; one stick takes several schools") { school, since, to, noReturn };
        command.SetStaffAction(async (parsed, client, cancellationToken) =>
        {
            string folder = parsed.GetValue(to)!;
            if (!Directory.Exists(folder))
                throw new CommandFailedException($"there is no folder {folder}; is the stick mounted?");
            string id = parsed.GetValue(school)!;
            JsonElement answer = await client.GetAsync($"/api/bundles/{Uri.EscapeDataString(id)}?since={Uri.EscapeDataString(parsed.GetValue(since)!.ToLowerInvariant())}", cancellationToken);
            UsbBundleOffer offer = answer.Deserialize<UsbBundleOffer>(StaffClient.Json) ?? throw new CommandFailedException("the relay's answer cannot be read");
            var source = new UsbBundleSource(
                (name, maxBytes, cancel) => client.GetBytesAsync($"/api/content/{name}", maxBytes, cancel),
                (name, offset, length, cancel) => client.GetRangeAsync($"/api/content/{name}", offset, length, cancel));
            WrittenBundle written;
            try
            {
                written = await ShowProgressAsync(parsed, progress => new UsbBundleWriter(source, folder, progress).WriteAsync(offer, !parsed.GetValue(noReturn), cancellationToken));
            }
            catch (UsbBundleException e)
            {
                throw new CommandFailedException(e.Message);
            }
            await client.PostAsync($"/api/bundles/{Uri.EscapeDataString(id)}/made", new BundleMadeRequest(offer.PlanVersion, [.. offer.Packs.Select(pack => pack.Manifest)]), cancellationToken);
            JsonElement result = JsonSerializer.SerializeToElement(new
            {
                school = id,
                planVersion = offer.PlanVersion,
                since = offer.Since,
                packs = offer.Packs.Length,
                volumes = written.Head.Volumes.Length,
                volumeBytes = written.Head.VolumeBytes,
                writtenBytes = written.WrittenBytes,
                keptBytes = written.KeptBytes,
            });
            CommandLine.Print(parsed, result, $"{id}: {offer.Packs.Length} packs, {written.Head.VolumeBytes:N0} bytes on the stick ({written.WrittenBytes:N0} written now), plan version {offer.PlanVersion}. Unmount it before you pull it");
        });
        return command;
    }

    private static Command Import()
    {
        var path = new Argument<string>("path") { Description = "Folder that the stick is mounted on" };
        var command = new Command("import", "Take in what boxes wrote onto a stick; a second time changes nothing") { path };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string folder = Path.Combine(parsed.GetValue(path)!, UsbBundlePaths.ReturnFolder);
            if (!Directory.Exists(folder))
                throw new CommandFailedException($"there is no folder {folder}: is the stick mounted, and did it ask for returns?");
            using StaffClient client = StaffClient.From(parsed);
            var results = new List<object>();
            int refused = 0;
            foreach (FileInfo file in new DirectoryInfo(folder).EnumerateFiles("*.sealed").OrderBy(file => file.Name, StringComparer.Ordinal))
            {
                // A link could name any file of this machine; one that is too long is none of ours.
                string? refusal = file.LinkTarget is not null || file.Length is 0 or > SealedReturn.MaxBytes ? "this is nothing that a box wrote" : null;
                JsonElement answer = default;
                if (refusal is null)
                {
                    using var body = new ByteArrayContent(await File.ReadAllBytesAsync(file.FullName, cancellationToken));
                    try
                    {
                        answer = await client.PostAsync("/api/returns", body, cancellationToken);
                    }
                    catch (CommandFailedException e)
                    {
                        refusal = e.Message;
                    }
                }
                if (refusal is not null)
                    refused++;
                results.Add(refusal is null ? new { file = file.Name, taken = (object)answer } : new { file = file.Name, refusal });
            }
            CommandLine.PrintTable(parsed, JsonSerializer.SerializeToElement(results),
                ("File", result => result.GetProperty("file").GetString()!),
                ("School", result => result.TryGetProperty("taken", out JsonElement taken) ? taken.GetProperty("school").GetString()! : "–"),
                ("New items", result => result.TryGetProperty("taken", out JsonElement taken) ? taken.GetProperty("newItems").GetInt32().ToString("N0", null) : "–"),
                ("Refused", result => result.TryGetProperty("refusal", out JsonElement why) ? why.GetString()! : ""));
            return refused == 0 ? 0 : 1;
        });
        return command;
    }

    private static Task<WrittenBundle> ShowProgressAsync(ParseResult parsed, Func<IProgress<UsbWriteProgress>?, Task<WrittenBundle>> write)
    {
        if (parsed.GetValue(CommandLine.JsonOption) || System.Console.IsOutputRedirected)
            return write(null);
        return AnsiConsole.Progress().StartAsync(async context =>
        {
            ProgressTask task = context.AddTask("writing");
            return await write(new TaskProgress(task));
        });
    }

    private sealed class TaskProgress(ProgressTask task) : IProgress<UsbWriteProgress>
    {
        public void Report(UsbWriteProgress value)
        {
            task.MaxValue = Math.Max(1, value.TotalBytes);
            task.Value = value.DoneBytes;
        }
    }
}
