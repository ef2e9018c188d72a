using System.Collections.Immutable;
using Edge.Box.Content;
using Edge.Core.Content;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Data.Sqlite;
using TestKit;
using TestKit.Disk;
using Xunit;

namespace Edge.Box.Tests.Content;

public sealed class LocalLayersTests : IDisposable
{
    private static readonly ImmutableArray<PackFile> Base = [new("a.txt", "text/plain", FileKind.Document, 5, ChunkId.Of("first"u8))];

    private readonly TempFolder _folder = new();

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_change_is_on_disk_when_it_shows_and_its_former_state_stays_for_open_pages()
    {
        PackFile own;
        using (LocalLayers layers = Open())
        {
            own = await TakeAsync(layers, "a.txt", "mine");
            Assert.True(await layers.ChangeAsync("book", (layer, next) => layer.With(next, LocalChangeKind.Replace, "a.txt", own, Base, out _), default));
            (LocalLayer layer, long state) = layers.Of("book");
            Assert.Equal((1L, own), (state, Assert.Single(layer.Over(Base).Files)));
            Assert.True(await layers.ChangeAsync("book", (now, _) => now.Without(1), default));
            Assert.Equal(0, layers.Of("book").State);
            // Who loaded the page before the undoing goes on.
            Assert.Equal(own, Assert.Single(layers.At("book", state).Over(Base).Files));
            Assert.NotNull(await OpenFileAsync(layers, own));
            await layers.ChangeAsync("book", (now, next) => now.With(next, LocalChangeKind.Replace, "a.txt", own, Base, out _), default);
        }
        using (LocalLayers again = Open())
        {
            Assert.Equal(own, Assert.Single(again.Of("book").Layer.Over(Base).Files));
            Assert.Equal("mine", await OpenFileAsync(again, own));
            await again.ChangeAsync("book", (now, _) => now.Without(now.Changes[0].Number), default);
        }
        // Nothing needs the file any more: a start clears it away.
        using LocalLayers last = Open();
        Assert.Equal(0, last.Files.UsedBytes);
        Assert.Empty(last.Packs);
    }

    [Fact]
    public async Task Full_disk_quota_and_length_refuse_a_file_and_keep_nothing_of_it()
    {
        long free = long.MaxValue;
        var files = new LocalFiles(_folder["local"], new LayerOptions { MaxFileBytes = 300_000, QuotaBytes = 500_000 }, 1_000, () => free);
        Assert.Equal(FileIntake.TooLong, (await files.TakeAsync(new MemoryStream(Noise.Of(300_001, 1)), default)).Intake);
        Assert.Equal(FileIntake.Taken, (await files.TakeAsync(new MemoryStream(Noise.Of(300_000, 1)), default)).Intake);
        Assert.Equal(FileIntake.NoRoom, (await files.TakeAsync(new MemoryStream(Noise.Of(200_001, 2)), default)).Intake);
        free = 100_000;
        Assert.Equal(FileIntake.NoRoom, (await files.TakeAsync(new MemoryStream(Noise.Of(150_000, 3)), default)).Intake);
        Assert.Equal(300_000, files.UsedBytes);
        Assert.Empty(Directory.EnumerateFiles(_folder["local/incoming"]));
    }

    [Fact]
    public async Task A_file_that_rots_on_the_card_is_never_given_out()
    {
        PackFile own;
        using (LocalLayers layers = Open())
        {
            own = await TakeAsync(layers, "a.txt", "mine");
            await layers.ChangeAsync("book", (layer, next) => layer.With(next, LocalChangeKind.Replace, "a.txt", own, Base, out _), default);
        }
        _folder.Write($"local/files/{own.Sha256}", "ming");
        using LocalLayers again = Open();
        Assert.Null(await OpenFileAsync(again, own));
    }

    private LocalLayers Open() => new(_folder["local"], new LocalFiles(_folder["local"], new LayerOptions(), 0, () => long.MaxValue), NullLogger<LocalLayers>.Instance);

    private static async Task<PackFile> TakeAsync(LocalLayers layers, string path, string text)
    {
        (FileIntake intake, ChunkId id, long length) = await layers.Files.TakeAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text)), default);
        Assert.Equal(FileIntake.Taken, intake);
        return new PackFile(path, "text/plain", FileKind.Document, length, id);
    }

    private static async Task<string?> OpenFileAsync(LocalLayers layers, PackFile file)
    {
        if (await layers.Files.OpenAsync(file.Sha256, default) is not { } stream)
            return null;
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }
}
