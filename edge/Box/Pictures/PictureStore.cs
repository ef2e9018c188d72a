using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Edge.Core.Identity;
using Edge.Durable;

namespace Edge.Box.Pictures;

/// <summary>Still pictures of lessons on disk: <c>{folder}/{lesson}/{minute}.jpg</c>. May be deleted at any time: they are made again.</summary>
public sealed class PictureStore
{
    /// <summary>Longest picture that is kept.</summary>
    public const int MostBytes = 256 << 10;

    private readonly string _folder;
    private readonly ConcurrentDictionary<string, ImmutableSortedSet<int>> _minutes = new(StringComparer.Ordinal);

    public PictureStore(string folder) => _folder = folder;

    /// <summary>Minutes of a lesson that have a picture.</summary>
    public ImmutableSortedSet<int> MinutesOf(string lesson) => _minutes.GetOrAdd(lesson, Read);

    /// <summary>Address of the picture that stands for the lesson: of a running one the newest, else from its middle; null when there is none.</summary>
    public string? AddressOf(string lesson, bool running) =>
        MinutesOf(lesson) is { IsEmpty: false } minutes ? Address(lesson, running ? minutes[^1] : minutes[minutes.Count / 2]) : null;

    /// <summary>Address of the picture nearest before a second; null when there is none.</summary>
    public string? AddressAt(string lesson, int second)
    {
        ImmutableSortedSet<int> minutes = MinutesOf(lesson);
        int minute = minutes.LastOrDefault(minute => minute * 60 <= second, -1);
        return minute < 0 ? null : Address(lesson, minute);
    }

    /// <returns>Null when there is none.</returns>
    public string? PathOf(string lesson, int minute) => Slug.IsValid(lesson) && MinutesOf(lesson).Contains(minute) ? Path.Combine(_folder, lesson, NameOf(minute)) : null;

    /// <exception cref="IOException">The disk does not take it.</exception>
    public async Task AddAsync(string lesson, int minute, byte[] jpeg, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.Combine(_folder, lesson));
        await DurableFile.WriteAsync(Path.Combine(_folder, lesson, NameOf(minute)), jpeg, cancellationToken);
        _minutes[lesson] = MinutesOf(lesson).Add(minute);
    }

    private static string Address(string lesson, int minute) => string.Create(CultureInfo.InvariantCulture, $"/live/{lesson}/pictures/{minute}.jpg");

    private static string NameOf(int minute) => string.Create(CultureInfo.InvariantCulture, $"{minute}.jpg");

    private ImmutableSortedSet<int> Read(string lesson)
    {
        string folder = Path.Combine(_folder, lesson);
        if (!Slug.IsValid(lesson) || !Directory.Exists(folder))
            return [];
        return
        [
            .. Directory.EnumerateFiles(folder, "*.jpg").Select(path => int.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out int minute) ? minute : -1).Where(minute => minute >= 0),
        ];
    }
}
