using System.Collections.Concurrent;
using System.Collections.Immutable;
using Edge.Box.Content;
using Edge.Core.Content;
using Edge.Core.Learning;

namespace Edge.Box.Pages;

/// <summary>Cue points of lessons, read from their kits. A kit without a sheet, or with one that cannot be read, has none.</summary>
public sealed class LessonCues(PackViews views)
{
    /// <summary>Sheets kept in memory: those of a few days' lessons.</summary>
    private const int MaxSheets = 64;

    private readonly ConcurrentDictionary<ChunkId, ImmutableArray<Cue>> _sheets = new();

    /// <summary>The cue points, and the kit as it is now.</summary>
    public async Task<(ImmutableArray<Cue> Cues, PackView? Kit)> OfAsync(PlannedLesson lesson, CancellationToken cancellationToken)
    {
        if (lesson.Kit is null || views.Current(lesson.Kit) is not { } kit || kit.Files.FirstOrDefault(file => Path.GetFileName(file.Path) == CueSheet.FileName) is not { } sheet)
            return ([], lesson.Kit is null ? null : views.Current(lesson.Kit));
        if (_sheets.TryGetValue(sheet.Sha256, out ImmutableArray<Cue> known))
            return (known, kit);
        if (sheet.LengthBytes > CueSheet.MaxBytes)
            return ([], kit);
        (FileOpening opening, _, Stream? bytes) = await views.OpenAsync(sheet, cancellationToken);
        // What is being mended now is asked for again at the next look.
        if (opening != FileOpening.Opened)
            return ([], kit);
        await using (bytes)
        {
            byte[] json = new byte[sheet.LengthBytes];
            await bytes!.ReadExactlyAsync(json, cancellationToken);
            if (_sheets.Count >= MaxSheets)
                _sheets.Clear();
            return (_sheets[sheet.Sha256] = CueSheet.Read(json) ?? [], kit);
        }
    }
}
