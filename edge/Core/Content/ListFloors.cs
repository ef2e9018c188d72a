using System.Text.Json;
using Edge.Core.Identity;

namespace Edge.Core.Content;

/// <summary>The highest versions and the newest time that signed lists ever had here: nothing below them is taken, even when the list itself was lost.
/// They lie in a file of their own, where no pack can write.</summary>
/// <param name="Root">Version of the root that these belong to.</param>
/// <param name="Catalogue">0: none yet.</param>
/// <param name="Plan">0: none yet.</param>
/// <param name="School">Whose plan.</param>
/// <param name="Issued">Newest time in a signed list. It is later than 1970 even where the clock is not.</param>
/// <param name="Pinned">Which claim they belong to: hash of its root list. A new claim begins anew.</param>
public sealed record ListFloors(long Root, long Catalogue, long Plan, string? School, DateTimeOffset Issued, ChunkId Pinned)
{
    public static ListFloors Of(ChunkId pinned) => new(0, 0, 0, null, default, pinned);

    /// <returns>Null when the bytes are no floors.</returns>
    public static ListFloors? Read(ReadOnlySpan<byte> json) => ContentJson.Read(json, ContentJson.Default.ListFloors);

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, ContentJson.Default.ListFloors);

    /// <summary>The floors under the next root. Where a key was taken away, what it signed may have been false: its numbers and times bind nobody (TUF 1.0 §5.3.11).</summary>
    public ListFloors After(TrustRoot from, TrustRoot to)
    {
        bool catalogue = to.Catalogue.KeepsAll(from.Catalogue);
        bool plan = to.Plan.KeepsAll(from.Plan);
        return this with
        {
            Root = to.Version,
            Catalogue = catalogue ? Catalogue : 0,
            Plan = plan ? Plan : 0,
            Issued = catalogue && plan ? Later(Issued, to.Issued) : to.Issued ?? default,
        };
    }

    public ListFloors WithTime(DateTimeOffset? issued) => this with { Issued = Later(Issued, issued) };

    private static DateTimeOffset Later(DateTimeOffset held, DateTimeOffset? seen) => seen > held ? seen.Value : held;
}
