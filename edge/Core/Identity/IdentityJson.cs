using System.Text.Json;
using System.Text.Json.Serialization;

namespace Edge.Core.Identity;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TrustRoot))]
[JsonSerializable(typeof(EnrolRequest))]
[JsonSerializable(typeof(EnrolTicket))]
[JsonSerializable(typeof(EnrolGrant))]
internal sealed partial class IdentityJson : JsonSerializerContext;
