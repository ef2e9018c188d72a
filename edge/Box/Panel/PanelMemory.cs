using System.Text.Json;
using System.Text.Json.Serialization;
using Edge.Core.Identity;
using Edge.Core.Panel;

namespace Edge.Box.Panel;

/// <summary>What of the panel outlives a restart: its language and the lesson on the screen. After a power cut the lesson goes on
/// without a press, and its bell does not ring again. Not kept: open questions, help on the screen, a choice not yet started.</summary>
public sealed record PanelMemory(string Language, LessonOnScreen? Lesson, string? Rung = null)
{
    /// <summary>First version of the file.</summary>
    public const int Format = 1;

    public static PanelMemory Of(PanelState state) => new(state.Language, state.Lesson, state.Rung);

    public PanelState ToState() => PanelState.Initial with { Language = Language, Lesson = Lesson, Rung = Rung };

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(
        new PanelMemoryFile(Format, Language, Lesson?.Id, Lesson?.Source, Lesson?.Paused ?? false, Lesson?.Item ?? 0, Lesson?.Run ?? 0, Lesson?.ByClock ?? false, Lesson?.LostAt, Rung),
        PanelMemoryJson.Default.PanelMemoryFile);

    /// <returns>Null if the bytes are no memory that we understand.</returns>
    public static PanelMemory? Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, PanelMemoryJson.Default.PanelMemoryFile) switch
            {
                { Format: Format, Language: { Length: > 0 and <= 35 } language, Lesson: null } file => new PanelMemory(language, null, RungOf(file)),
                { Format: Format, Language: { Length: > 0 and <= 35 } language, Lesson: { } id, Source: { } source, Item: >= 0, Run: >= 0 } file
                    when Slug.IsValid(id) && Enum.IsDefined(source) => new PanelMemory(language, new LessonOnScreen(id, source, file.Paused, file.Item, file.Run, file.ByClock, file.LostAt), RungOf(file)),
                _ => null,
            };
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? RungOf(PanelMemoryFile file) => Slug.IsValid(file.Rung) ? file.Rung : null;
}

internal sealed record PanelMemoryFile(int Format, string? Language, string? Lesson, LessonSource? Source, bool Paused, int Item, int Run,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool ByClock,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int? LostAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] string? Rung);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(PanelMemoryFile))]
internal sealed partial class PanelMemoryJson : JsonSerializerContext;
