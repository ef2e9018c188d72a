using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Edge.Box.Pages;

/// <summary>What a teacher draws over the classroom screen, as lines in thousandths of its width and height.</summary>
/// <param name="Version">Another one whenever it changed.</param>
/// <param name="Lesson">It belongs to this lesson on the screen and to no other.</param>
/// <param name="Lines">Each x, y, x, y, …</param>
public sealed record BoardState(long Version, string Lesson, ImmutableArray<ImmutableArray<int>> Lines);

/// <summary>The drawing over the screen. In memory only: it is gone with the next lesson and with the power, as chalk is.</summary>
public sealed class ScreenBoard(TimeProvider time)
{
    public const int MaxBytes = 64 << 10;
    private const int MaxLines = 100;
    private const int MaxNumbers = 2_000;
    private const int Side = 1000;

    // Starts from the clock, so that a screen that remembers one from before a restart sees that it is another.
    private BoardState _state = new(time.GetTimestamp(), "", []);

    public BoardState Current => Volatile.Read(ref _state);

    /// <summary>Puts a drawing in the place of the former one; an empty one wipes the board.</summary>
    /// <returns>False when the bytes are no drawing, or one that is too large.</returns>
    public bool TryDraw(string lesson, ReadOnlySpan<byte> json)
    {
        try
        {
            if (json.Length > MaxBytes || JsonSerializer.Deserialize(json, BoardJson.Default.Int32ArrayArray) is not { Length: <= MaxLines } lines
                || !lines.All(line => line is { Length: >= 2 } && line.Length % 2 == 0 && line.All(number => number is >= 0 and <= Side)) || lines.Sum(line => line.Length) > MaxLines * MaxNumbers)
                return false;
            Volatile.Write(ref _state, new BoardState(Current.Version + 1, lesson, [.. lines.Select(line => line.ToImmutableArray())]));
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(int[][]))]
[JsonSerializable(typeof(BoardState))]
internal sealed partial class BoardJson : JsonSerializerContext;
