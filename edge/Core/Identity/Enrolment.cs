using System.Text.Json;

namespace Edge.Core.Identity;

/// <summary>What a box without a school sends to <c>POST /enrol</c>: its claim code and a certificate request (PKCS #10, PEM).</summary>
public sealed record EnrolRequest(string Code, string CertificateRequest)
{
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, IdentityJson.Default.EnrolRequest);

    public static EnrolRequest? Read(ReadOnlySpan<byte> json) => EnrolmentJson.Read(json, IdentityJson.Default.EnrolRequest);
}

/// <summary>The relay's receipt: the box asks at <c>GET /enrol/{ticket}</c> until the code was claimed or
/// <paramref name="ExpiresIn"/> has passed, counted on the box's own monotonic clock.</summary>
public sealed record EnrolTicket(string Ticket, TimeSpan ExpiresIn)
{
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, IdentityJson.Default.EnrolTicket);

    public static EnrolTicket? Read(ReadOnlySpan<byte> json) => EnrolmentJson.Read(json, IdentityJson.Default.EnrolTicket);
}

/// <summary>What a claimed box gets: its name, its school, its certificate (PEM), the feedback epoch the relay issued,
/// and the first root list (base64 of <see cref="SignedList"/>).</summary>
public sealed record EnrolGrant(string Box, string School, string Certificate, long Epoch, string RootList)
{
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, IdentityJson.Default.EnrolGrant);

    public static EnrolGrant? Read(ReadOnlySpan<byte> json) => EnrolmentJson.Read(json, IdentityJson.Default.EnrolGrant);
}

internal static class EnrolmentJson
{
    /// <summary>Null when the bytes are not this message.</summary>
    public static T? Read<T>(ReadOnlySpan<byte> json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) where T : class
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
