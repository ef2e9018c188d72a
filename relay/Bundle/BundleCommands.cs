using System.CommandLine;
using System.Text.Json;
using Relay.Cli;
using Spectre.Console;

namespace Relay.Bundle;

/// <summary><c>relay bundle export</c>: packs for a school that no line reaches, on a USB stick.</summary>
public static class BundleCommands
{
    public static Command Create()
    {
        var command = new Command("bundle", "USB sticks: write packs for a school, read back what its boxes owe");
        command.Subcommands.Add(Export());
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
