using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Edge.Core.Identity;
using Edge.Core.Text;

namespace Edge.Core.Content;

/// <summary>The smallest correction: some words about a place in a pack. Travels alone as a signed list of its kind, at most <see cref="MaxRecordBytes"/> with all signatures.</summary>
/// <param name="Number">Grows with each erratum and each change of one; the greatest number of an id counts.</param>
/// <param name="Id">Names it for good.</param>
/// <param name="Pack">Pack that it is about.</param>
/// <param name="Through">Last version that has the mistake: a later one that shows has made it good.</param>
/// <param name="Path">File in the pack; null: the whole pack.</param>
/// <param name="Second">Place in a video or sound.</param>
/// <param name="Page">Page or slide, from 1.</param>
/// <param name="Text">What is right, per language.</param>
/// <param name="Issued">When it was made, by the relay's clock; shown only.</param>
/// <param name="Withdrawn">Taken back: it is no longer shown.</param>
public sealed record Erratum(long Number, string Id, string Pack, long Through, string? Path, int? Second, int? Page, LocalText Text, DateTimeOffset Issued, bool Withdrawn)
{
    /// <summary>Longest record as it travels.</summary>
    public const int MaxRecordBytes = 1024;

    /// <summary>Longest text, all languages together, in UTF-8: 200 Chinese characters.</summary>
    public const int MaxTextBytes = 600;

    /// <summary>Most languages of one text.</summary>
    public const int MaxLanguages = 6;

    private static readonly ContentJson AsLetters = new(new JsonSerializerOptions(ContentJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private const int MaxSecond = 24 * 60 * 60;
    private const int MaxPage = 10_000;

    /// <returns>Null when the payload is no sound erratum.</returns>
    public static Erratum? Read(ReadOnlySpan<byte> payload) =>
        payload.Length <= MaxRecordBytes && ContentJson.Read(payload, ContentJson.Default.Erratum) is { } erratum && erratum.Problem() is null ? erratum : null;

    /// <summary>Chinese letters go as letters: escaped they would take twice the room.</summary>
    public byte[] ToPayload() => JsonSerializer.SerializeToUtf8Bytes(this, AsLetters.Erratum);

    /// <returns>What is wrong, in words for its author; null when it is sound.</returns>
    public string? Problem()
    {
        if (Number < 1 || Through < 1 || !Slug.IsValid(Id) || !Slug.IsValid(Pack))
            return "its number, id, pack or version is not valid";
        if (Text.Texts.IsEmpty || Text.Texts.Count > MaxLanguages || Text.Texts.Any(text => text.Key.Length is 0 or > 35 || string.IsNullOrWhiteSpace(text.Value)))
            return $"it needs a text in 1 to {MaxLanguages} languages";
        if (Text.Texts.Sum(text => Encoding.UTF8.GetByteCount(text.Value)) > MaxTextBytes)
            return $"its text is over {MaxTextBytes} bytes, all languages together (200 Chinese characters)";
        if (Path is not null && PackPath.Problem(Path) is { } problem)
            return problem;
        return Second is < 0 or > MaxSecond || Page is < 1 or > MaxPage || (Path is null && (Second ?? Page) is not null) ? "the place is not valid" : null;
    }

    /// <summary>"12:30" or "1:02:03" of a video, or a page; null when it is about the file as a whole.</summary>
    [JsonIgnore]
    public string? PlaceText => Second is { } second ? TimeSpan.FromSeconds(second).ToString(second >= 3600 ? @"h\:mm\:ss" : @"m\:ss", CultureInfo.InvariantCulture) : null;

    /// <summary>Reads a place in a video as people write it: seconds, "12:30" or "1:02:03".</summary>
    public static bool TryParseSecond(string text, out int second)
    {
        second = 0;
        string[] parts = text.Trim().Split(':');
        if (parts.Length > 3)
            return false;
        long total = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out int part) || (i > 0 && part > 59))
                return false;
            total = total * 60 + part;
        }
        second = (int)Math.Min(total, int.MaxValue);
        return total <= MaxSecond;
    }
}

/// <summary>Errata in force at a box: of each id the one with the greatest number.</summary>
public sealed record Errata(ImmutableSortedDictionary<string, Erratum> ById)
{
    /// <summary>Most that are kept; the oldest go first.</summary>
    public const int MaxKept = 2_000;

    public static Errata None { get; } = new(ImmutableSortedDictionary.Create<string, Erratum>(StringComparer.Ordinal));

    /// <summary>Greatest number taken in.</summary>
    public long Last => ById.Values.Select(erratum => erratum.Number).DefaultIfEmpty(0).Max();

    /// <summary>Takes one in. One that is late or repeated changes nothing, so any order comes to the same.</summary>
    public Errata With(Erratum erratum)
    {
        if (ById.TryGetValue(erratum.Id, out Erratum? held) && held.Number >= erratum.Number)
            return this;
        var next = ById.SetItem(erratum.Id, erratum);
        if (next.Count > MaxKept)
            next = next.Remove(next.Values.MinBy(other => other.Number)!.Id);
        return new Errata(next);
    }

    /// <summary>What to show beside a version of a pack, the newest first.</summary>
    public ImmutableArray<Erratum> Of(string pack, long version) =>
        [.. ById.Values.Where(erratum => erratum.Pack == pack && !erratum.Withdrawn && erratum.Through >= version).OrderByDescending(erratum => erratum.Number)];
}

/// <summary>Several signed records one behind the other, each with its length before it (2 bytes, big-endian): the answer to who asks for errata, and the box's file of them.</summary>
public static class ErratumRecords
{
    /// <summary>Most bytes of one answer; who gets some asks again for those behind them.</summary>
    public const int MaxBytes = 64 << 10;

    /// <summary>Longest file of them: all that a box keeps, at their longest.</summary>
    public const int MaxFileBytes = Errata.MaxKept * (Erratum.MaxRecordBytes + LengthBytes);

    private const int LengthBytes = 2;

    public static byte[] Join(IEnumerable<ReadOnlyMemory<byte>> records, int maxBytes = MaxBytes)
    {
        var all = new List<byte>();
        Span<byte> length = stackalloc byte[LengthBytes];
        foreach (ReadOnlyMemory<byte> record in records)
        {
            if (all.Count + LengthBytes + record.Length > maxBytes)
                break;
            BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)record.Length);
            all.AddRange(length);
            all.AddRange(record.Span);
        }
        return [.. all];
    }

    /// <returns>The whole records at the front; what is cut short or too long, and all behind it, is left out.</returns>
    public static List<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> bytes)
    {
        var records = new List<ReadOnlyMemory<byte>>();
        while (bytes.Length >= LengthBytes)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(bytes.Span);
            if (length is 0 or > Erratum.MaxRecordBytes || bytes.Length < LengthBytes + length)
                break;
            records.Add(bytes.Slice(LengthBytes, length));
            bytes = bytes[(LengthBytes + length)..];
        }
        return records;
    }

    /// <summary>Judges one record: signatures first, of what is not signed nothing else is looked at.</summary>
    public static (ListVerdict Verdict, Erratum? Erratum) Judge(TrustRoot root, ReadOnlyMemory<byte> record)
    {
        if (record.Length > Erratum.MaxRecordBytes || !SignedList.TryParse(record, out SignedList list) || list.Kind != ListKind.Erratum)
            return (ListVerdict.Malformed, null);
        if (!root.Trusts(list))
            return (ListVerdict.Untrusted, null);
        return Erratum.Read(list.Payload.Span) is { } erratum ? (ListVerdict.Accepted, erratum) : (ListVerdict.Malformed, null);
    }
}
