using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Edge.Durable;

namespace Edge.Box.Access;

/// <summary>A class that phones join with a PIN.</summary>
/// <param name="Name">As the timetable writes it.</param>
/// <param name="Pin">Hash of its PIN.</param>
public sealed record ClassEntry(string Name, string Pin);

/// <param name="Version">Of this form: 1.</param>
/// <param name="Classes">In order of their names.</param>
public sealed record ClassesFile(int Version, ImmutableArray<ClassEntry> Classes);

/// <summary>A phone that is in a class.</summary>
/// <param name="Phone">Its mark.</param>
/// <param name="Class">The class.</param>
/// <param name="Seat">Its seat.</param>
/// <param name="Lesson">The lesson that was on when it came in; null: none, or nobody knew.</param>
public sealed record SeatEntry(string Phone, string Class, int Seat, string? Lesson);

/// <param name="Version">Of this form: 1.</param>
/// <param name="Seats">Phones in a class now.</param>
/// <param name="Known">Marks of phones that joined before, oldest first.</param>
public sealed record SeatsFile(int Version, ImmutableArray<SeatEntry> Seats, ImmutableArray<string> Known);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ClassesFile))]
[JsonSerializable(typeof(SeatsFile))]
internal sealed partial class AccessJson : JsonSerializerContext;

/// <summary>Reads and writes these files.</summary>
internal static class AccessFiles
{
    /// <summary>The file's content; null when there is none. A damaged one is set aside: whoever was in joins again, and the lesson goes on meanwhile.</summary>
    public static T? Read<T>(string path, JsonTypeInfo<T> form) where T : class
    {
        if (!File.Exists(path))
            return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), form);
        }
        catch (JsonException)
        {
            File.Move(path, path + ".damaged", overwrite: true);
            return null;
        }
    }

    public static Task WriteAsync<T>(string path, T content, JsonTypeInfo<T> form) =>
        DurableFile.WriteSecretAsync(path, JsonSerializer.SerializeToUtf8Bytes(content, form), CancellationToken.None);
}
