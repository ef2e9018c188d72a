using Edge.Core.Identity;

namespace Relay.Identity;

/// <summary>Roots, keys and the audit log in the staff API. No private key goes through here.</summary>
public static class KeysEndpoints
{
    private const int AuditRows = 200;

    /// <param name="routes">Where to add them.</param>
    /// <param name="listsChanged">Told when a new root came into force, so that boxes can be nudged.</param>
    public static void MapKeys(this IEndpointRouteBuilder routes, Func<CancellationToken, Task> listsChanged)
    {
        routes.MapGet("/api/keys", (RelayKeys keys) => Results.Ok(new { root = keys.Trust, authority = keys.Authority.Certificate.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256) }));

        routes.MapGet("/api/keys/root", (RelayKeys keys) => Results.Bytes(keys.Root.ToBytes(), "application/octet-stream"));

        routes.MapGet("/api/keys/root/{version:long}", (long version, RelayKeys keys) =>
            keys.RootAt(version) is { } root ? Results.Bytes(root.ToBytes(), "application/octet-stream") : Problem($"there is no root {version}", StatusCodes.Status404NotFound));

        routes.MapPost("/api/keys/root", async (HttpRequest request, RelayKeys keys, AuditLog audit, CancellationToken cancellationToken) =>
        {
            byte[] body = new byte[RootChain.MaxRootBytes + 1];
            int length = await request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellationToken);
            if (!SignedList.TryParse(body.AsMemory(0, length), out SignedList root))
                return Problem("this is no list");
            TrustRoot former = keys.Trust;
            RootOutcome outcome = await keys.PublishRootAsync(root, cancellationToken);
            if (outcome != RootOutcome.Published)
            {
                return outcome switch
                {
                    RootOutcome.Held => Results.Ok(new { version = keys.Trust.Version, published = false }),
                    RootOutcome.NotNext => Problem($"root {keys.Trust.Version} is in force, so the next is {keys.Trust.Version + 1}; make it anew with \"relay keys root new\"", StatusCodes.Status409Conflict),
                    RootOutcome.Untrusted => Problem($"too few signatures: it needs {keys.Trust.Root.Threshold} of the root keys in force ({NamesOf(keys.Trust, keys.Trust.Root)}) and its own threshold of its own"),
                    RootOutcome.NotOurs => Problem("it names no key for lists that this relay holds: boxes would get no lists any more"),
                    _ => Problem("this is no sound root list"),
                };
            }
            await audit.AddAsync(string.Join(", ", root.Signatures.Select(signature => former.Names?.GetValueOrDefault(signature.Key) ?? NameOf(keys.Trust, signature.Key))), "root-published", $"root {keys.Trust.Version}",
                $"{keys.Trust.Root.Threshold} of {NamesOf(keys.Trust, keys.Trust.Root)}", cancellationToken);
            await listsChanged(cancellationToken);
            return Results.Ok(new { version = keys.Trust.Version, published = true });
        });

        routes.MapPost("/api/keys/lists", (RelayKeys keys, AuditLog audit, CancellationToken cancellationToken) => MadeAsync("lists", keys.NewListKeyAsync, audit, cancellationToken));

        routes.MapPost("/api/keys/sealing", (RelayKeys keys, AuditLog audit, CancellationToken cancellationToken) => MadeAsync("sealing", keys.NewSealingKeyAsync, audit, cancellationToken));

        routes.MapGet("/api/audit", (AuditLog audit, long? before) => audit.Page(before, AuditRows));
    }

    private static async Task<IResult> MadeAsync(string use, Func<CancellationToken, Task<string>> make, AuditLog audit, CancellationToken cancellationToken)
    {
        string publicKey = await make(cancellationToken);
        string key = KeyId.Of(Convert.FromBase64String(publicKey));
        await audit.AddAsync(AuditLog.Staff, "key-made", use, key, cancellationToken);
        return Results.Ok(new { key, publicKey });
    }

    /// <summary>What people call a key, else its id.</summary>
    public static string NameOf(TrustRoot root, string key) => root.Names?.GetValueOrDefault(key) ?? key;

    public static string NamesOf(TrustRoot root, TrustRole role) => string.Join(", ", role.Keys.Select(key => NameOf(root, key)));

    private static IResult Problem(string why, int status = StatusCodes.Status400BadRequest) => Results.Json(new { error = why }, statusCode: status);
}
