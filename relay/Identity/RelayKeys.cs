using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Edge.Core.Identity;
using Edge.Durable;

namespace Relay.Identity;

/// <summary>The relay's keys under its data folder, made on first start: the authority (<c>ca.pem</c>, <c>ca.key</c>), the server's certificate,
/// the keys that sign lists (<c>root.key</c>, <c>lists.key</c>), the first root list (<c>root.list</c>) and the staff key (<c>staff.key</c>).
/// Losing the folder means claiming every box again: see docs/operations.md.</summary>
public sealed class RelayKeys : IListSigner, IDisposable
{
    private readonly ECDsa _listKey;

    private RelayKeys(CertificateAuthority authority, X509Certificate2 server, X509Certificate2 link, ECDsa listKey, SignedList root, string staffKey)
    {
        Authority = authority;
        Server = server;
        Link = link;
        _listKey = listKey;
        Root = root;
        StaffKey = staffKey;
    }

    public CertificateAuthority Authority { get; }

    /// <summary>Certificate and key of the box API and of the embedded broker.</summary>
    public X509Certificate2 Server { get; }

    /// <summary>Certificate and key with which the relay signs in at an external broker; common name <c>relay</c>.</summary>
    public X509Certificate2 Link { get; }

    public SignedList Root { get; }

    /// <summary>What staff show to the console and the CLI; 160 bits.</summary>
    public string StaffKey { get; }

    /// <summary>Reads the keys in <paramref name="folder"/>; makes those that are missing.</summary>
    /// <exception cref="CryptographicException">A key file is damaged. It is never replaced in silence.</exception>
    public static async Task<RelayKeys> OpenAsync(string folder, IReadOnlyList<string> names, TimeProvider time, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string caPath = Path.Combine(folder, "ca.pem");
        string caKeyPath = Path.Combine(folder, "ca.key");
        if (!File.Exists(caKeyPath))
        {
            using X509Certificate2 made = CertificateAuthority.CreateAuthority("Edge relay authority", time);
            // The certificate first: a key without its certificate would be taken for a whole authority.
            await DurableFile.WriteAsync(caPath, Encoding.ASCII.GetBytes(made.ExportCertificatePem()), cancellationToken);
            await DurableFile.WriteSecretAsync(caKeyPath, Encoding.ASCII.GetBytes(made.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem()), cancellationToken);
        }
        var authority = new CertificateAuthority(X509Certificate2.CreateFromPemFile(caPath, caKeyPath), time);
        using ECDsa rootKey = await KeyAsync(Path.Combine(folder, "root.key"), cancellationToken);
        ECDsa listKey = await KeyAsync(Path.Combine(folder, "lists.key"), cancellationToken);
        SignedList root = await RootAsync(Path.Combine(folder, "root.list"), rootKey, listKey, cancellationToken);
        string staffKey = await StaffKeyAsync(Path.Combine(folder, "staff.key"), cancellationToken);
        // Server and link certificates are cheap to make and need no memory: fresh ones at each start never run out.
        return new RelayKeys(authority, authority.IssueServer(names), authority.IssueClient("relay"), listKey, root, staffKey);
    }

    public SignedList Sign(ListKind kind, ReadOnlyMemory<byte> payload)
    {
        ArgumentOutOfRangeException.ThrowIfEqual((int)kind, (int)ListKind.Root);
        lock (_listKey)
            return SignedList.Sign(kind, payload, _listKey);
    }

    public void Dispose()
    {
        Authority.Dispose();
        Server.Dispose();
        Link.Dispose();
        _listKey.Dispose();
    }

    private static async Task<ECDsa> KeyAsync(string path, CancellationToken cancellationToken)
    {
        if (File.Exists(path))
        {
            var read = ECDsa.Create();
            read.ImportFromPem(await File.ReadAllTextAsync(path, cancellationToken));
            return read;
        }
        var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await DurableFile.WriteSecretAsync(path, Encoding.ASCII.GetBytes(made.ExportPkcs8PrivateKeyPem()), cancellationToken);
        return made;
    }

    private static async Task<SignedList> RootAsync(string path, ECDsa rootKey, ECDsa listKey, CancellationToken cancellationToken)
    {
        if (File.Exists(path))
        {
            return SignedList.TryParse(await File.ReadAllBytesAsync(path, cancellationToken), out SignedList held) && TrustRoot.Read(held.Payload.Span) is not null
                ? held
                : throw new CryptographicException($"{path} is damaged; restore it from the backup");
        }
        var keys = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        string rootId = Add(keys, rootKey);
        string listId = Add(keys, listKey);
        var root = new TrustRoot(1, keys.ToImmutable(), new TrustRole([rootId], 1), new TrustRole([listId], 1), new TrustRole([listId], 1));
        SignedList signed = SignedList.Sign(ListKind.Root, root.ToPayload(), rootKey);
        await DurableFile.WriteAsync(path, signed.ToBytes(), cancellationToken);
        return signed;
    }

    private static string Add(ImmutableSortedDictionary<string, string>.Builder keys, ECDsa key)
    {
        byte[] publicKey = key.ExportSubjectPublicKeyInfo();
        string id = KeyId.Of(publicKey);
        keys[id] = Convert.ToBase64String(publicKey);
        return id;
    }

    private static async Task<string> StaffKeyAsync(string path, CancellationToken cancellationToken)
    {
        if (File.Exists(path))
            return (await File.ReadAllTextAsync(path, cancellationToken)).Trim();
        string made = RandomNumberGenerator.GetString("0123456789abcdefghjkmnpqrstvwxyz", 32);
        await DurableFile.WriteSecretAsync(path, Encoding.ASCII.GetBytes(made + "\n"), cancellationToken);
        return made;
    }
}
