using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Edge.Core.Identity;

/// <summary>Which of the signed lists this is; each kind has its own keys.</summary>
public enum ListKind { Root, Catalogue, Plan, Erratum }

/// <summary>One signature over a list: the key's <see cref="KeyId"/> and the ECDSA value (IEEE P1363, 64 bytes for P-256).</summary>
public sealed record ListSignature(string Key, ImmutableArray<byte> Value);

/// <summary>A list as it travels and rests: a line with kind, a line per signature, an empty line, the payload (JSON, UTF-8).
/// <code>
/// edge-list 1 catalogue
/// sig 0011223344556677 BASE64
///
/// {"version":7,…}
/// </code>
/// The signatures cover the first line and the payload, so a list of one kind can never pass as another.
/// The payload is signed as bytes: nothing is re-serialised before a check.</summary>
public sealed record SignedList(ListKind Kind, ImmutableArray<ListSignature> Signatures, ReadOnlyMemory<byte> Payload)
{
    /// <summary>Longest list accepted: a catalogue. As a table it holds 80 000 packs of five versions and an update each, or with two signatures each.</summary>
    public const int MaxBytes = 32 << 20;

    /// <summary>Longest list of any other kind: 80 000 planned packs take 6 MB.</summary>
    public const int MaxOtherBytes = 8 << 20;

    /// <summary>Most signatures on one list.</summary>
    public const int MaxSignatures = 16;

    private const int MaxLineBytes = 200;

    public static SignedList Sign(ListKind kind, ReadOnlyMemory<byte> payload, params ReadOnlySpan<ECDsa> keys)
    {
        byte[] signed = SignedBytes(kind, payload.Span);
        var signatures = ImmutableArray.CreateBuilder<ListSignature>(keys.Length);
        foreach (ECDsa key in keys)
        {
            signatures.Add(new ListSignature(
                KeyId.Of(key.ExportSubjectPublicKeyInfo()),
                [.. key.SignData(signed, HashAlgorithmName.SHA256)]));
        }
        return new SignedList(kind, signatures.ToImmutable(), payload);
    }

    /// <summary>The same list with one more signature; a former one by the same key is replaced. For signers who never meet.</summary>
    public SignedList WithSignature(ECDsa key)
    {
        ListSignature added = Sign(Kind, Payload, key).Signatures[0];
        return this with { Signatures = [.. Signatures.Where(signature => signature.Key != added.Key), added] };
    }

    public bool IsSignedBy(string keyId, ECDsa publicKey)
    {
        byte[] signed = SignedBytes(Kind, Payload.Span);
        foreach (ListSignature signature in Signatures)
        {
            if (signature.Key == keyId && publicKey.VerifyData(signed, signature.Value.AsSpan(), HashAlgorithmName.SHA256))
                return true;
        }
        return false;
    }

    public byte[] ToBytes()
    {
        var head = new StringBuilder().Append(FirstLine(Kind));
        foreach (ListSignature signature in Signatures)
            head.Append("sig ").Append(signature.Key).Append(' ').Append(Convert.ToBase64String(signature.Value.AsSpan())).Append('\n');
        return [.. Encoding.ASCII.GetBytes(head.Append('\n').ToString()), .. Payload.Span];
    }

    /// <summary>Reads a list; checks its form only, not its signatures.</summary>
    /// <returns>False when the bytes are no list, truncated in the head, or over <see cref="MaxBytes"/>.</returns>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, out SignedList list)
    {
        list = null!;
        if (bytes.Length > MaxBytes)
            return false;
        int at = 0;
        ListKind? kind = KindOf(NextLine(bytes.Span, ref at));
        if (kind is null || kind != ListKind.Catalogue && bytes.Length > MaxOtherBytes)
            return false;
        var signatures = ImmutableArray.CreateBuilder<ListSignature>();
        while (true)
        {
            ReadOnlySpan<byte> line = NextLine(bytes.Span, ref at);
            if (at < 0)
                return false;
            if (line.IsEmpty)
                break;
            if (signatures.Count == MaxSignatures || !TryReadSignature(line, out ListSignature signature))
                return false;
            signatures.Add(signature);
        }
        list = new SignedList(kind.Value, signatures.ToImmutable(), bytes[at..]);
        return true;
    }

    private static string FirstLine(ListKind kind) => kind switch
    {
        ListKind.Root => "edge-list 1 root\n",
        ListKind.Catalogue => "edge-list 1 catalogue\n",
        ListKind.Plan => "edge-list 1 plan\n",
        ListKind.Erratum => "edge-list 1 erratum\n",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private static ListKind? KindOf(ReadOnlySpan<byte> line) =>
        line.SequenceEqual("edge-list 1 root"u8) ? ListKind.Root
        : line.SequenceEqual("edge-list 1 catalogue"u8) ? ListKind.Catalogue
        : line.SequenceEqual("edge-list 1 plan"u8) ? ListKind.Plan
        : line.SequenceEqual("edge-list 1 erratum"u8) ? ListKind.Erratum
        : null;

    private static byte[] SignedBytes(ListKind kind, ReadOnlySpan<byte> payload) =>
        [.. Encoding.ASCII.GetBytes(FirstLine(kind)), (byte)'\n', .. payload];

    private static bool TryReadSignature(ReadOnlySpan<byte> line, out ListSignature signature)
    {
        signature = null!;
        if (!line.StartsWith("sig "u8) || line.Length < 22 || line[20] != ' ')
            return false;
        Span<byte> value = stackalloc byte[MaxLineBytes];
        if (Base64.DecodeFromUtf8(line[21..], value, out int read, out int written) != System.Buffers.OperationStatus.Done || read != line.Length - 21)
            return false;
        signature = new ListSignature(Encoding.ASCII.GetString(line[4..20]), [.. value[..written]]);
        return true;
    }

    /// <summary>The line at <paramref name="at"/> without its end; <paramref name="at"/> becomes -1 when there is no whole line.</summary>
    private static ReadOnlySpan<byte> NextLine(ReadOnlySpan<byte> bytes, ref int at)
    {
        if (at < 0)
            return default;
        ReadOnlySpan<byte> rest = bytes[at..];
        int end = rest[..Math.Min(rest.Length, MaxLineBytes)].IndexOf((byte)'\n');
        if (end < 0)
        {
            at = -1;
            return default;
        }
        at += end + 1;
        return rest[..end];
    }
}
