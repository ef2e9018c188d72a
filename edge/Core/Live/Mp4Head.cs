using System.Buffers.Binary;
using System.Collections.Immutable;

namespace Edge.Core.Live;

/// <summary>One track of a fragmented MP4 file.</summary>
/// <param name="UnitsPerSecond">Of its clock.</param>
/// <param name="DefaultUnits">Duration of a sample that nothing else is said of.</param>
/// <param name="DefaultBytes">Length of a sample that nothing else is said of.</param>
public readonly record struct Mp4Track(uint Id, uint UnitsPerSecond, bool IsVideo, uint DefaultUnits, uint DefaultBytes);

/// <summary>What the head of fragmented MP4 segments (EXT-X-MAP) tells.</summary>
public sealed record Mp4Head(ImmutableArray<Mp4Track> Tracks)
{
    /// <summary>Longest head taken in.</summary>
    public const int MaxLengthBytes = 1 << 20;

    private const int MaxTracks = 16;

    // "vide" (ISO/IEC 14496-12 §8.4.3)
    private const uint VideoHandler = 0x76696465;

    /// <summary>The track that gives the time: the first with pictures, else the first.</summary>
    public Mp4Track Clock { get; } = Tracks.FirstOrDefault(track => track.IsVideo) is { Id: not 0 } video ? video : Tracks[0];

    /// <returns>Null when the bytes are no head: boxes cut short, no tracks, or a file that is not fragmented.</returns>
    public static Mp4Head? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxLengthBytes)
            return null;
        ReadOnlySpan<byte> rest = bytes;
        Mp4Box movie = default;
        while (rest.Length > 0)
        {
            if (!Mp4Box.TryTake(ref rest, out Mp4Box box))
                return null;
            if (box.Type == Mp4Box.Movie)
                movie = box;
        }
        if (!movie.TryFind(Mp4Box.MovieExtends, out Mp4Box extends))
            return null;
        var tracks = ImmutableArray.CreateBuilder<Mp4Track>();
        rest = movie.Body;
        while (Mp4Box.TryTake(ref rest, out Mp4Box box))
        {
            if (box.Type != Mp4Box.Track)
                continue;
            if (tracks.Count == MaxTracks || TrackOf(box, extends) is not { } track)
                return null;
            tracks.Add(track);
        }
        return tracks.Count == 0 || tracks.Select(track => track.Id).Distinct().Count() < tracks.Count ? null : new Mp4Head(tracks.ToImmutable());
    }

    public Mp4Track? Track(uint id)
    {
        foreach (Mp4Track track in Tracks)
        {
            if (track.Id == id)
                return track;
        }
        return null;
    }

    private static Mp4Track? TrackOf(Mp4Box box, Mp4Box extends)
    {
        if (!box.TryFind(Mp4Box.TrackHead, out Mp4Box head) || !box.TryFind(Mp4Box.Media, out Mp4Box media)
            || !media.TryFind(Mp4Box.MediaHead, out Mp4Box mediaHead) || !media.TryFind(Mp4Box.Handler, out Mp4Box handler) || handler.Body.Length < 12)
            return null;
        // Version 1 has times of 64 bits before it.
        uint? id = Number(head.Body, IsLong(head.Body) ? 20 : 12);
        uint? unitsPerSecond = Number(mediaHead.Body, IsLong(mediaHead.Body) ? 20 : 12);
        if (id is null or 0 || unitsPerSecond is null or 0)
            return null;
        (uint units, uint bytes) = (0, 0);
        ReadOnlySpan<byte> rest = extends.Body;
        while (Mp4Box.TryTake(ref rest, out Mp4Box track))
        {
            if (track.Type == Mp4Box.TrackExtends && Number(track.Body, 4) == id)
                (units, bytes) = (Number(track.Body, 12) ?? 0, Number(track.Body, 16) ?? 0);
        }
        return new Mp4Track(id.Value, unitsPerSecond.Value, BinaryPrimitives.ReadUInt32BigEndian(handler.Body[8..]) == VideoHandler, units, bytes);
    }

    private static bool IsLong(ReadOnlySpan<byte> body) => body is [1, ..];

    private static uint? Number(ReadOnlySpan<byte> body, int at) => at + 4 <= body.Length ? BinaryPrimitives.ReadUInt32BigEndian(body[at..]) : null;
}
