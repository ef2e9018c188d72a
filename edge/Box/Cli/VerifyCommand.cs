using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Edge.Box.Content;
using Edge.Durable;
using Microsoft.Data.Sqlite;
using Spectre.Console;

namespace Edge.Box.Cli;

/// <summary><c>box verify</c>: hashes all that is stored, whether the box runs or not.</summary>
public static class VerifyCommand
{
    public static Command Create()
    {
        var folder = new Option<string>("--data")
        {
            Description = "The box's data folder",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable("Box__DataFolder") ?? new BoxOptions().DataFolder,
        };
        var command = new Command("verify", "Hash every stored chunk again. 0: all sound, 1: some were damaged (the box fetches them again by itself) or the store cannot be read") { folder };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            bool json = parsed.GetValue(CommandLine.JsonOption);
            VerifyResult result = await WithProgressAsync(parsed.GetValue(folder)!, !json && !Console.IsErrorRedirected, cancellationToken);
            if (json)
                Console.Out.WriteLine(JsonSerializer.Serialize(result, VerifyJson.Default.VerifyResult));
            else
                Console.Out.WriteLine($"{result.Chunks} chunks, {result.Bytes} bytes: {(result.Damaged == 0 ? "all sound" : $"{result.Damaged} damaged; the running box fetches them again")}");
            return result.Damaged == 0 ? 0 : 1;
        });
        return command;
    }

    /// <param name="dataFolder">The box's data folder.</param>
    /// <param name="progress">Told of bytes done and bytes in all.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="IOException">There is no store, its index is damaged, or the disk fails.</exception>
    public static async Task<VerifyResult> RunAsync(string dataFolder, Action<long, long> progress, CancellationToken cancellationToken)
    {
        string content = Path.Combine(dataFolder, "content");
        string path = Path.Combine(content, "content.db");
        if (!File.Exists(path))
            throw new IOException($"{path} is not there: this is no box's data folder, or nothing was stored yet");
        try
        {
            using var database = new DurableDatabase(path, ContentTables.Schema);
            var index = new StoreIndex(database);
            var disk = new StoreDisk(Path.Combine(content, "store"));
            return await RunAsync(index, disk, progress, cancellationToken);
        }
        catch (SqliteException e)
        {
            throw new IOException(DatabaseFile.IsDamage(e) ? "the index of the store is damaged; the box makes it anew when it starts" : $"the index of the store cannot be used: {e.Message}", e);
        }
    }

    private static async Task<VerifyResult> RunAsync(StoreIndex index, StoreDisk disk, Action<long, long> progress, CancellationToken cancellationToken)
    {
        long chunks = 0, bytes = 0, damaged = 0;
        long total = index.Sizes.Live;
        await Parallel.ForEachAsync(index.Files.Keys.Order(), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken }, async (file, stop) =>
        {
            CheckedStretch stretch = index.CheckFile(disk, file, read => progress(Interlocked.Add(ref bytes, read), total), stop);
            Interlocked.Add(ref chunks, stretch.Chunks);
            foreach (ChunkPlace place in stretch.Damaged)
            {
                // A running box goes by the same index, and fetches what is missing.
                await index.TakeOutAsync(place, stop);
                Interlocked.Increment(ref damaged);
            }
        });
        return new VerifyResult(chunks, bytes, damaged);
    }

    private static async Task<VerifyResult> WithProgressAsync(string folder, bool bar, CancellationToken cancellationToken)
    {
        if (!bar)
            return await RunAsync(folder, (_, _) => { }, cancellationToken);
        IAnsiConsole terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return await terminal.Progress().StartAsync(async context =>
        {
            ProgressTask task = context.AddTask("Hashing");
            return await RunAsync(folder, (done, total) => task.Value = 100.0 * done / Math.Max(1, total), cancellationToken);
        });
    }
}

/// <summary>What a verification found.</summary>
public sealed record VerifyResult(long Chunks, long Bytes, long Damaged);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(VerifyResult))]
internal sealed partial class VerifyJson : JsonSerializerContext;
