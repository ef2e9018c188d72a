using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Edge.Core.Identity;
using Edge.Durable;

namespace Relay.Identity;

/// <summary>What came of handing the relay a new root.</summary>
public enum RootOutcome
{
    Published,
    /// <summary>It is the one in force.</summary>
    Held,
    /// <summary>Not a root list, or not a sound one.</summary>
    Malformed,
    /// <summary>Its version is not the next one.</summary>
    NotNext,
    /// <summary>Too few signatures by the former root's keys, or by its own.</summary>
    Untrusted,
    /// <summary>It names no keys for catalogue or plan that this relay holds: it could not sign lists any more.</summary>
    NotOurs,
}

/// <summary>The relay's keys under its data folder, made on first start: the authority (<c>ca.pem</c>, <c>ca.key</c>), the server's certificate,
/// the keys that sign lists (<c>root.key</c>, <c>lists.key</c>), the key to which boxes seal (<c>seal.key</c>), every root list there was (<c>roots/</c>) and the staff key (<c>staff.key</c>).
/// Once the root is signed elsewhere, <c>root.key</c> belongs elsewhere too. Losing the folder means claiming every box again: see docs/operations.md.</summary>
public sealed class RelayKeys : IListSigner, IDisposable
{
    /// <summary>What people call a list key that the relay made.</summary>
    public const string ListKeyName = "relay-lists";

    private readonly string _folder;
    private readonly SemaphoreSlim _changing = new(1);
    private readonly Lock _signing = new();
    private ImmutableArray<ECDsa> _listKeys;
    private ImmutableArray<ECDiffieHellman> _sealingKeys;
    private volatile RootState _root;

    private RelayKeys(string folder, CertificateAuthority authority, X509Certificate2 server, X509Certificate2 link, ImmutableArray<ECDsa> listKeys, ImmutableArray<ECDiffieHellman> sealingKeys, RootState root, string staffKey)
    {
        _folder = folder;
        Authority = authority;
        Server = server;
        Link = link;
        _listKeys = listKeys;
        _sealingKeys = sealingKeys;
        _root = root;
        StaffKey = staffKey;
    }

    public CertificateAuthority Authority { get; }

    /// <summary>Certificate and key of the box API and of the embedded broker.</summary>
    public X509Certificate2 Server { get; }

    /// <summary>Certificate and key with which the relay signs in at an external broker; common name <c>relay</c>.</summary>
    public X509Certificate2 Link { get; }

    public SignedList Root => _root.Chain[^1];

    public TrustRoot Trust => _root.Trust;

    /// <summary>What staff show to the console and the CLI; 160 bits.</summary>
    public string StaffKey { get; }

    /// <summary>Keys that open what boxes sealed: that of the root in force, and former ones for what was long under way.</summary>
    public ImmutableArray<ECDiffieHellman> SealingKeys => _sealingKeys;

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
        ImmutableArray<SignedList> chain = await ChainAsync(folder, cancellationToken);
        if (chain.IsEmpty)
            chain = [await FirstRootAsync(folder, time, cancellationToken)];
        var root = new RootState(chain, TrustRoot.Read(chain[^1].Payload.Span)!);
        ImmutableArray<ECDsa> listKeys = await KeysAsync(folder, "lists", ECDsa.Create, cancellationToken);
        if (!CanSign(root.Trust, listKeys))
            throw new CryptographicException($"no key in {folder} is one that root {root.Trust.Version} names for lists; restore the folder from the backup");
        string staffKey = await StaffKeyAsync(Path.Combine(folder, "staff.key"), cancellationToken);
        // Server and link certificates are cheap to make and need no memory: fresh ones at each start never run out.
        return new RelayKeys(folder, authority, authority.IssueServer(names), authority.IssueClient("relay"), listKeys,
            await KeysAsync(folder, "seal", ECDiffieHellman.Create, cancellationToken), root, staffKey);
    }

    public SignedList? RootAt(long version)
    {
        ImmutableArray<SignedList> chain = _root.Chain;
        long place = version - TrustRoot.Read(chain[0].Payload.Span)!.Version;
        return place >= 0 && place < chain.Length ? chain[(int)place] : null;
    }

    public SignedList Sign(ListKind kind, ReadOnlyMemory<byte> payload)
    {
        ArgumentOutOfRangeException.ThrowIfEqual((int)kind, (int)ListKind.Root);
        TrustRole role = Trust.RoleOf(kind);
        lock (_signing)
            return SignedList.Sign(kind, payload, [.. _listKeys.Where(key => role.Keys.Contains(IdOf(key)))]);
    }

    /// <summary>Brings a root into force that the holders of the root keys signed. It is checked as boxes check it, then on disk, then in force.</summary>
    public async Task<RootOutcome> PublishRootAsync(SignedList next, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            RootState held = _root;
            if (next.ToBytes().Length > RootChain.MaxRootBytes)
                return RootOutcome.Malformed;
            switch (held.Trust.Judge(next, out TrustRoot? trust))
            {
                case ListVerdict.Malformed:
                    return RootOutcome.Malformed;
                case ListVerdict.Held:
                    return next.Payload.Span.SequenceEqual(held.Chain[^1].Payload.Span) ? RootOutcome.Held : RootOutcome.NotNext;
                case ListVerdict.Older:
                    return RootOutcome.NotNext;
                case ListVerdict.Untrusted:
                    return TrustRoot.Read(next.Payload.Span)!.Version == held.Trust.Version + 1 ? RootOutcome.Untrusted : RootOutcome.NotNext;
            }
            if (!CanSign(trust!, _listKeys))
                return RootOutcome.NotOurs;
            await DurableFile.WriteAsync(PathOf(_folder, trust!.Version), next.ToBytes(), cancellationToken);
            _root = new RootState(held.Chain.Add(next), trust);
            return RootOutcome.Published;
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Makes a further key for lists, or for sealing; it counts when a root names it. Former ones are kept.</summary>
    /// <returns>Its public key, base64.</returns>
    public async Task<string> NewListKeyAsync(CancellationToken cancellationToken)
    {
        (ECDsa key, string publicKey) = await NewKeyAsync(_folder, "lists", ECDsa.Create, cancellationToken);
        ImmutableInterlocked.Update(ref _listKeys, keys => keys.Add(key));
        return publicKey;
    }

    /// <inheritdoc cref="NewListKeyAsync"/>
    public async Task<string> NewSealingKeyAsync(CancellationToken cancellationToken)
    {
        (ECDiffieHellman key, string publicKey) = await NewKeyAsync(_folder, "seal", ECDiffieHellman.Create, cancellationToken);
        ImmutableInterlocked.Update(ref _sealingKeys, keys => keys.Add(key));
        return publicKey;
    }

    public void Dispose()
    {
        Authority.Dispose();
        Server.Dispose();
        Link.Dispose();
        foreach (IDisposable key in (IDisposable[])[.. _listKeys, .. _sealingKeys, _changing])
            key.Dispose();
    }

    /// <summary>Every root there was, in order. Boxes that were away for years walk them all, so none is ever removed.</summary>
    private static async Task<ImmutableArray<SignedList>> ChainAsync(string folder, CancellationToken cancellationToken)
    {
        var chain = ImmutableArray.CreateBuilder<SignedList>();
        string roots = Path.Combine(folder, "roots");
        if (!Directory.Exists(roots))
            return [];
        foreach ((long version, string path) in Directory.GetFiles(roots, "*.list")
            .Select(path => (long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out long version) ? version : 0, path)).OrderBy(file => file))
        {
            if (!SignedList.TryParse(await File.ReadAllBytesAsync(path, cancellationToken), out SignedList list)
                || TrustRoot.Read(list.Payload.Span) is not { } root || root.Version != version || !root.Trusts(list)
                || chain.Count > 0 && TrustRoot.Read(chain[^1].Payload.Span)!.Judge(list, out _) != ListVerdict.Accepted)
                throw new CryptographicException($"{path} is damaged, or the root before it is missing; restore it from the backup");
            chain.Add(list);
        }
        return chain.ToImmutable();
    }

    /// <summary>A root by which a relay works at once: one root key, one key for lists, both here. docs/operations.md says how to move on from it.</summary>
    private static async Task<SignedList> FirstRootAsync(string folder, TimeProvider time, CancellationToken cancellationToken)
    {
        using ECDsa rootKey = await FirstKeyAsync(folder, "root", ECDsa.Create, cancellationToken);
        using ECDsa listKey = await FirstKeyAsync(folder, "lists", ECDsa.Create, cancellationToken);
        using ECDiffieHellman sealingKey = await FirstKeyAsync(folder, "seal", ECDiffieHellman.Create, cancellationToken);
        var keys = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (ECDsa key in (ECDsa[])[rootKey, listKey])
            keys[IdOf(key)] = PublicKeys.Of(key);
        var lists = new TrustRole([IdOf(listKey)], 1);
        var root = new TrustRoot(1, keys.ToImmutable(), new TrustRole([IdOf(rootKey)], 1), lists, lists,
            Sealing: Convert.ToBase64String(sealingKey.ExportSubjectPublicKeyInfo()),
            Names: ImmutableSortedDictionary<string, string>.Empty.Add(IdOf(rootKey), "relay-root").Add(IdOf(listKey), ListKeyName), Issued: DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds()));
        SignedList signed = SignedList.Sign(ListKind.Root, root.ToPayload(), rootKey);
        Directory.CreateDirectory(Path.Combine(folder, "roots"));
        DurableFile.SyncFolder(folder);
        await DurableFile.WriteAsync(PathOf(folder, 1), signed.ToBytes(), cancellationToken);
        return signed;
    }

    private static bool CanSign(TrustRoot root, ImmutableArray<ECDsa> listKeys)
    {
        HashSet<string> held = [.. listKeys.Select(IdOf)];
        return root.Catalogue.Keys.Count(held.Contains) >= root.Catalogue.Threshold && root.Plan.Keys.Count(held.Contains) >= root.Plan.Threshold;
    }

    private static string IdOf(ECDsa key) => KeyId.Of(key.ExportSubjectPublicKeyInfo());

    private static string PathOf(string folder, long version) => Path.Combine(folder, "roots", FormattableString.Invariant($"{version}.list"));

    /// <summary>All private keys of one use: <c>NAME.key</c> and <c>NAME-ID.key</c>.</summary>
    private static async Task<ImmutableArray<TKey>> KeysAsync<TKey>(string folder, string name, Func<TKey> create, CancellationToken cancellationToken) where TKey : ECAlgorithm
    {
        var keys = ImmutableArray.CreateBuilder<TKey>();
        foreach (string path in Directory.GetFiles(folder, "*.key").Order(StringComparer.Ordinal))
        {
            string file = Path.GetFileNameWithoutExtension(path);
            if (file != name && !file.StartsWith(name + "-", StringComparison.Ordinal))
                continue;
            TKey key = create();
            key.ImportFromPem(await File.ReadAllTextAsync(path, cancellationToken));
            keys.Add(key);
        }
        return keys.ToImmutable();
    }

    /// <summary>A start that was cut off before the first root was written goes on with the keys it made.</summary>
    private static async Task<TKey> FirstKeyAsync<TKey>(string folder, string name, Func<TKey> create, CancellationToken cancellationToken) where TKey : ECAlgorithm
    {
        string path = Path.Combine(folder, name + ".key");
        TKey key = create();
        if (File.Exists(path))
        {
            key.ImportFromPem(await File.ReadAllTextAsync(path, cancellationToken));
            return key;
        }
        key.GenerateKey(ECCurve.NamedCurves.nistP256);
        await DurableFile.WriteSecretAsync(path, Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()), cancellationToken);
        return key;
    }

    private static async Task<(TKey Key, string PublicKey)> NewKeyAsync<TKey>(string folder, string name, Func<TKey> create, CancellationToken cancellationToken) where TKey : ECAlgorithm
    {
        TKey key = create();
        key.GenerateKey(ECCurve.NamedCurves.nistP256);
        byte[] publicKey = key.ExportSubjectPublicKeyInfo();
        await DurableFile.WriteSecretAsync(Path.Combine(folder, $"{name}-{KeyId.Of(publicKey)}.key"), Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()), cancellationToken);
        return (key, Convert.ToBase64String(publicKey));
    }

    private static async Task<string> StaffKeyAsync(string path, CancellationToken cancellationToken)
    {
        if (File.Exists(path))
            return (await File.ReadAllTextAsync(path, cancellationToken)).Trim();
        string made = RandomNumberGenerator.GetString("0123456789abcdefghjkmnpqrstvwxyz", 32);
        await DurableFile.WriteSecretAsync(path, Encoding.ASCII.GetBytes(made + "\n"), cancellationToken);
        return made;
    }

    private sealed record RootState(ImmutableArray<SignedList> Chain, TrustRoot Trust);
}
