using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Edge.Core.Learning;

namespace Edge.Core.Content;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.Never)]
[JsonSerializable(typeof(Catalogue))]
[JsonSerializable(typeof(SitePlan))]
[JsonSerializable(typeof(ListFloors))]
[JsonSerializable(typeof(PackPublisher))]
[JsonSerializable(typeof(Erratum))]
[JsonSerializable(typeof(Cue[]))]
internal sealed partial class ContentJson : JsonSerializerContext
{
    /// <summary>Null when the bytes are not of this type.</summary>
    public static T? Read<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
