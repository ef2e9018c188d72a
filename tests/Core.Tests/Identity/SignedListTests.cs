using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Edge.Core.Identity;
using TestKit;
using Xunit;

namespace Edge.Core.Tests.Identity;

public sealed class SignedListTests : IDisposable
{
    private readonly ECDsa _rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _listKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _strangerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private static readonly byte[] Payload = Encoding.UTF8.GetBytes("""{"version":7}""");

    public void Dispose()
    {
        _rootKey.Dispose();
        _listKey.Dispose();
        _strangerKey.Dispose();
    }

    [Fact]
    public void A_signed_list_comes_back_from_its_bytes_and_is_trusted()
    {
        byte[] bytes = SignedList.Sign(ListKind.Catalogue, Payload, _listKey).ToBytes();

        Assert.True(SignedList.TryParse(bytes, out SignedList list));
        Assert.Equal(ListKind.Catalogue, list.Kind);
        Assert.Equal(Payload, list.Payload.ToArray());
        Assert.True(Root(1).Trusts(list));
    }

    [Fact]
    public void Its_form_is_pinned()
    {
        var list = new SignedList(ListKind.Plan, [new ListSignature("0011223344556677", [1, 2, 3])], Payload);
        Assert.Equal("edge-list 1 plan\nsig 0011223344556677 AQID\n\n{\"version\":7}", Encoding.ASCII.GetString(list.ToBytes()));
    }

    [Fact]
    public void Nothing_unsigned_is_shown_a_list_by_a_stranger_or_without_signature_is_not_trusted()
    {
        Assert.False(Root(1).Trusts(SignedList.Sign(ListKind.Catalogue, Payload, _strangerKey)));
        Assert.False(Root(1).Trusts(SignedList.Sign(ListKind.Catalogue, Payload)));
        Assert.False(Root(1).Trusts(SignedList.Sign(ListKind.Root, Payload, _listKey)));
    }

    [Fact]
    public void Nothing_unsigned_is_shown_a_catalogue_cannot_pass_as_a_plan()
    {
        SignedList catalogue = SignedList.Sign(ListKind.Catalogue, Payload, _listKey);
        Assert.False(Root(1).Trusts(catalogue with { Kind = ListKind.Plan }));
    }

    [Fact]
    public void Nothing_unsigned_is_shown_one_key_signing_twice_does_not_meet_a_threshold_of_two()
    {
        TrustRoot root = Root(1) with { Catalogue = new TrustRole([Id(_listKey), Id(_rootKey)], 2) };
        Assert.False(root.Trusts(SignedList.Sign(ListKind.Catalogue, Payload, _listKey, _listKey)));
        Assert.True(root.Trusts(SignedList.Sign(ListKind.Catalogue, Payload, _listKey, _rootKey)));
    }

    [Fact]
    public void A_list_cut_at_any_length_is_refused_or_not_trusted()
    {
        byte[] bytes = SignedList.Sign(ListKind.Catalogue, Payload, _listKey).ToBytes();
        TrustRoot root = Root(1);
        for (int length = 0; length < bytes.Length; length++)
            Assert.False(SignedList.TryParse(bytes.AsMemory(0, length), out SignedList list) && root.Trusts(list));
    }

    [Fact]
    public void A_list_with_any_bit_flipped_is_refused_or_not_trusted()
    {
        byte[] bytes = SignedList.Sign(ListKind.Catalogue, Payload, _listKey).ToBytes();
        TrustRoot root = Root(1);
        for (int bit = 0; bit < bytes.Length * 8; bit += 3)
        {
            byte[] changed = [.. bytes];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(SignedList.TryParse(changed, out SignedList list) && root.Trusts(list));
        }
    }

    [Fact]
    public void Garbage_is_refused_without_a_crash() => Gen.Byte.Array[0, 400].Sample(bytes =>
    {
        _ = SignedList.TryParse(bytes, out _);
        _ = SignedList.TryParse((byte[])[.. "edge-list 1 plan\n"u8, .. bytes], out _);
        _ = SignedList.TryParse((byte[])[.. "edge-list 1 plan\nsig 0011223344556677 "u8, .. bytes], out _);
        TrustRoot.Read(bytes);
    }, iter: Fuzz.Inputs);

    [Fact]
    public void More_signatures_than_allowed_are_refused()
    {
        ECDsa[] keys = Enumerable.Repeat(_listKey, SignedList.MaxSignatures).ToArray();
        Assert.True(SignedList.TryParse(SignedList.Sign(ListKind.Plan, Payload, keys).ToBytes(), out _));
        Assert.False(SignedList.TryParse(SignedList.Sign(ListKind.Plan, Payload, [.. keys, _listKey]).ToBytes(), out _));
    }

    [Fact]
    public void A_new_root_needs_the_old_roots_key_and_its_own()
    {
        TrustRoot held = Root(1);
        TrustRoot next = Root(2, _strangerKey);
        Assert.Equal(ListVerdict.Accepted, held.Judge(SignedList.Sign(ListKind.Root, next.ToPayload(), _rootKey, _strangerKey), out _));
        Assert.Equal(ListVerdict.Untrusted, held.Judge(SignedList.Sign(ListKind.Root, next.ToPayload(), _strangerKey), out _));
        Assert.Equal(ListVerdict.Untrusted, held.Judge(SignedList.Sign(ListKind.Root, next.ToPayload(), _rootKey), out _));
    }

    [Fact]
    public void Nothing_old_replaces_new_a_root_goes_up_by_one_only()
    {
        TrustRoot held = Root(5);
        Assert.Equal(ListVerdict.Older, held.Judge(SignedList.Sign(ListKind.Root, Root(4).ToPayload(), _rootKey), out _));
        Assert.Equal(ListVerdict.Held, held.Judge(SignedList.Sign(ListKind.Root, Root(5).ToPayload(), _rootKey), out _));
        Assert.Equal(ListVerdict.Untrusted, held.Judge(SignedList.Sign(ListKind.Root, Root(7).ToPayload(), _rootKey), out _));
        Assert.Equal(ListVerdict.Malformed, held.Judge(SignedList.Sign(ListKind.Plan, Root(6).ToPayload(), _rootKey), out _));
    }

    [Fact]
    public void A_root_that_names_unknown_keys_or_cannot_be_met_is_no_root()
    {
        Assert.NotNull(TrustRoot.Read(Root(1).ToPayload()));
        Assert.Null(TrustRoot.Read((Root(1) with { Plan = new TrustRole(["ffffffffffffffff"], 1) }).ToPayload()));
        Assert.Null(TrustRoot.Read((Root(1) with { Plan = new TrustRole([Id(_listKey)], 2) }).ToPayload()));
        Assert.Null(TrustRoot.Read((Root(1) with { Plan = new TrustRole([Id(_listKey)], 0) }).ToPayload()));
        Assert.Null(TrustRoot.Read((Root(1) with { Version = 0 }).ToPayload()));
        Assert.Null(TrustRoot.Read("{}"u8));
        Assert.Null(TrustRoot.Read("null"u8));
    }

    private TrustRoot Root(long version, ECDsa? rootKey = null)
    {
        ECDsa root = rootKey ?? _rootKey;
        var keys = ImmutableSortedDictionary.CreateBuilder<string, string>();
        foreach (ECDsa key in (ECDsa[])[root, _listKey, _rootKey])
            keys[Id(key)] = Convert.ToBase64String(key.ExportSubjectPublicKeyInfo());
        return new TrustRoot(version, keys.ToImmutable(), new TrustRole([Id(root)], 1), new TrustRole([Id(_listKey)], 1), new TrustRole([Id(_listKey)], 1));
    }

    private static string Id(ECDsa key) => KeyId.Of(key.ExportSubjectPublicKeyInfo());
}
