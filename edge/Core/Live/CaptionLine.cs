using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;

namespace Edge.Core.Live;

/// <summary>A caption on the wire and on the box's disk: one line of JSON, <c>[number,"language",start,end,"text"]</c>, and on disk <c>,from</c>; times in milliseconds of the lesson.</summary>
public static class CaptionLine
{
    /// <summary>Lines of one answer of the relay.</summary>
    public const int MaxLines = 500;

    /// <summary>Captions of one lesson, all languages together: one every second in five languages of an hour's lesson.</summary>
    public const int MaxCaptions = 20_000;

    private static readonly JsonWriterOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Write(Caption caption) => Write(caption, null);

    public static byte[] Write(HeldCaption held) => Write(held.Caption, held.From);

    private static byte[] Write(Caption caption, TimeSpan? from)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, Plain))
        {
            json.WriteStartArray();
            json.WriteNumberValue(caption.Number);
            json.WriteStringValue(caption.Language);
            json.WriteNumberValue((long)caption.Start.TotalMilliseconds);
            json.WriteNumberValue((long)caption.End.TotalMilliseconds);
            json.WriteStringValue(caption.Text);
            if (from is { } second)
                json.WriteNumberValue((long)second.TotalMilliseconds);
            json.WriteEndArray();
        }
        return [.. bytes.WrittenSpan, (byte)'\n'];
    }

    /// <summary>Reads whole lines up to the first that is not right.</summary>
    /// <returns>What was read, with <see cref="HeldCaption.From"/> zero where none is told, and how many bytes it took.</returns>
    public static (ImmutableArray<HeldCaption> Captions, int Bytes) Read(ReadOnlySpan<byte> lines)
    {
        ImmutableArray<HeldCaption>.Builder read = ImmutableArray.CreateBuilder<HeldCaption>();
        int at = 0;
        while (read.Count < MaxCaptions && lines[at..].IndexOf((byte)'\n') is >= 0 and var length && ReadLine(lines.Slice(at, length)) is { } held)
        {
            read.Add(held);
            at += length + 1;
        }
        return (read.ToImmutable(), at);
    }

    private static HeldCaption? ReadLine(ReadOnlySpan<byte> line)
    {
        try
        {
            var json = new Utf8JsonReader(line);
            if (!json.Read() || json.TokenType != JsonTokenType.StartArray || !TryReadNumber(ref json, out long number) || !TryReadText(ref json, out string language)
                || !TryReadTime(ref json, out TimeSpan start) || !TryReadTime(ref json, out TimeSpan end) || !TryReadText(ref json, out string text))
                return null;
            var caption = new Caption(number, language, start, end, text);
            bool held = TryReadTime(ref json, out TimeSpan from);
            if ((held && !json.Read()) || json.TokenType != JsonTokenType.EndArray || json.Read())
                return null;
            return caption.IsSound ? new HeldCaption(caption, from) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: the text is no UTF-8.
            return null;
        }
    }

    private static bool TryReadNumber(ref Utf8JsonReader json, out long number)
    {
        number = 0;
        return json.Read() && json.TokenType == JsonTokenType.Number && json.TryGetInt64(out number);
    }

    private static bool TryReadTime(ref Utf8JsonReader json, out TimeSpan time)
    {
        bool read = TryReadNumber(ref json, out long milliseconds) && milliseconds >= 0 && milliseconds <= (long)Caption.MaxSecond.TotalMilliseconds;
        time = read ? TimeSpan.FromMilliseconds(milliseconds) : TimeSpan.Zero;
        return read;
    }

    private static bool TryReadText(ref Utf8JsonReader json, out string text)
    {
        text = json.Read() && json.TokenType == JsonTokenType.String ? json.GetString()! : "";
        return text.Length > 0;
    }
}
