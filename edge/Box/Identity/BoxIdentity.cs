using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Edge.Core.Identity;
using Edge.Durable;

namespace Edge.Box.Identity;

/// <summary>What a claimed box is: its name, its school, the feedback epoch the relay issued, and its certificate with key.</summary>
public sealed record ClaimedBox(BoxId Id, string School, long Epoch, SignedList Root, X509Certificate2 Certificate);

/// <summary>Who this box is. Keeps the key (made here, never leaves), the claim code while unclaimed, and what the relay granted.
/// Files: <c>box.key</c>, <c>claim.json</c>, <c>grant.json</c>.</summary>
public sealed class BoxIdentity : IDisposable
{
    private readonly string _folder;
    private readonly ECDsa _key;
    private volatile State _state;

    private BoxIdentity(string folder, ECDsa key, State state)
    {
        _folder = folder;
        _key = key;
        _state = state;
    }

    /// <summary>Null until the relay granted the claim.</summary>
    public ClaimedBox? Claimed => _state.Claimed;

    /// <summary>What the display shows until then; null once claimed.</summary>
    public string? ClaimCode => _state.Claim?.Code;

    /// <summary>The relay's ticket for this code, null before the first contact.</summary>
    public string? Ticket => _state.Claim?.Ticket;

    /// <exception cref="CryptographicException">The key file is damaged: the box must be claimed anew, by hand.</exception>
    public static async Task<BoxIdentity> OpenAsync(string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        string keyPath = Path.Combine(folder, "box.key");
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (File.Exists(keyPath))
            key.ImportFromPem(await File.ReadAllTextAsync(keyPath, cancellationToken));
        else
            await DurableFile.WriteSecretAsync(keyPath, Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()), cancellationToken);
        var identity = new BoxIdentity(folder, key, new State(null, null));
        if (await ReadAsync(Path.Combine(folder, "grant.json"), EnrolGrant.Read, cancellationToken) is { } grant && identity.Accept(grant))
            return identity;
        // No grant and no sound claim: a fresh code. The key stays.
        Claim claim = await ReadAsync(Path.Combine(folder, "claim.json"), ReadClaim, cancellationToken) ?? new Claim(Core.Identity.ClaimCode.New(), null);
        await identity.KeepAsync(claim, cancellationToken);
        return identity;
    }

    /// <summary>The certificate request for this box's key (PKCS #10, PEM). The relay names the box, so the subject says nothing.
    /// ECDSA signatures differ each time; the request is made once per claim and kept, so that asking again is recognised.</summary>
    public async Task<string> CertificateRequestAsync(CancellationToken cancellationToken)
    {
        string path = Path.Combine(_folder, "request.pem");
        if (File.Exists(path))
            return await File.ReadAllTextAsync(path, cancellationToken);
        string pem = new CertificateRequest("CN=box", _key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        await DurableFile.WriteAsync(path, Encoding.ASCII.GetBytes(pem), cancellationToken);
        return pem;
    }

    public Task KeepTicketAsync(string ticket, CancellationToken cancellationToken) => KeepAsync(new Claim(ClaimCode!, ticket), cancellationToken);

    public Task NewCodeAsync(CancellationToken cancellationToken) => KeepAsync(new Claim(Core.Identity.ClaimCode.New(), null), cancellationToken);

    /// <summary>Takes in what the relay granted; on disk before the box acts on it.</summary>
    /// <returns>False when it is not for this box's key, or its root list is not sound: nothing changes.</returns>
    public async Task<bool> KeepGrantAsync(EnrolGrant grant, CancellationToken cancellationToken)
    {
        if (!Accept(grant))
            return false;
        await DurableFile.WriteAsync(Path.Combine(_folder, "grant.json"), grant.ToJson(), cancellationToken);
        return true;
    }

    /// <summary>Takes in a renewed certificate.</summary>
    /// <returns>False when it is not for this box.</returns>
    public async Task<bool> KeepCertificateAsync(string certificatePem, CancellationToken cancellationToken) =>
        Claimed is { } claimed
        && await KeepGrantAsync(new EnrolGrant(claimed.Id.ToString(), claimed.School, certificatePem, claimed.Epoch, Convert.ToBase64String(claimed.Root.ToBytes())), cancellationToken);

    public void Dispose() => _key.Dispose();

    private bool Accept(EnrolGrant grant)
    {
        if (!BoxId.TryParse(grant.Box, out BoxId id) || !Slug.IsValid(grant.School) || grant.Epoch < 1)
            return false;
        try
        {
            if (!SignedList.TryParse(Convert.FromBase64String(grant.RootList), out SignedList root)
                || root.Kind != ListKind.Root
                || TrustRoot.Read(root.Payload.Span) is not { } trust
                || !trust.Trusts(root))
                return false;
            using X509Certificate2 certificate = X509Certificate2.CreateFromPem(grant.Certificate);
            if (certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false) != grant.Box)
                return false;
            _state = new State(null, new ClaimedBox(id, grant.School, grant.Epoch, root, certificate.CopyWithPrivateKey(_key)));
            return true;
        }
        catch (Exception e) when (e is FormatException or CryptographicException or ArgumentException)
        {
            // ArgumentException: the certificate is for another key.
            return false;
        }
    }

    private async Task KeepAsync(Claim claim, CancellationToken cancellationToken)
    {
        await DurableFile.WriteAsync(Path.Combine(_folder, "claim.json"), JsonSerializer.SerializeToUtf8Bytes(claim, ClaimJson.Default.Claim), cancellationToken);
        _state = new State(claim, null);
    }

    private static async Task<T?> ReadAsync<T>(string path, Func<ReadOnlySpan<byte>, T?> read, CancellationToken cancellationToken) where T : class =>
        File.Exists(path) ? read(await File.ReadAllBytesAsync(path, cancellationToken)) : null;

    private static Claim? ReadClaim(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ClaimJson.Default.Claim) is { } claim && Core.Identity.ClaimCode.Normalise(claim.Code) == claim.Code ? claim : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed record State(Claim? Claim, ClaimedBox? Claimed);
}

/// <summary>The shown code and the relay's ticket for it.</summary>
internal sealed record Claim(string Code, string? Ticket);

[System.Text.Json.Serialization.JsonSerializable(typeof(Claim))]
internal sealed partial class ClaimJson : System.Text.Json.Serialization.JsonSerializerContext;
