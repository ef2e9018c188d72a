using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Edge.Core.Identity;
using Edge.Core.Sync;
using TestKit;
using Xunit;

namespace Edge.Core.Tests.Sync;

/// <summary>What goes back on a stick: its form, its seal, and the acks that come for it.</summary>
public sealed class UsbReturnTests : IDisposable
{
    /// <summary>A relay's key and a return sealed for it by another program than ours, from the description in docs/protocol.md.</summary>
    private const string GoldenKey = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgf/PqtAW9D9lqW/+kZDQKVP2QbxsFcQ709GDGoirkF3yhRANCAATMuOyKQCbbSMiXDMMB1wmjM2f26W7W8tDGf1sel+B8VB0sUQK/qcogdaEMUpQ/r+jKY53I4RFkbwQivSM3qzQ3";

    private const string Golden = "RURHRVNFTDHuz9IZXXR0ztOgs31QUWBeRXdTz9o5dKfYMbWMYFGDS4rABiJjV5jJjp63RJFFuvtKMc4U9GNsgdX4cuTYGoFAg8NBiv5AQLNAU8xqyD1hfmp89ffAVT1wFvcjcYUxS4eJSMvEHpLsywBUgLtgdlqQvOL44W6OgFsH/StyBcdmrG8wGv43GrJSW3zpJEtVdMDZrIGp8Tl1SYb6zycOK3V3EyuYpx//hEhOAXh0gzruebbu2dZL6u0nK5HtS/tYhGmJCcZRH7YL42UbK6mAbcAbw6FnFF7Nv//CTDatxhZkVuanZLKxitb4KETGP4NZJHR50SRa0JmiiFj0rKrFM9gTY39ExPsx3sM7q/3uaxAR0PmY4Tt4HgP6ewuqRgJElfSvBdy57Xowx2sH1OCHUFjLDTMwyMblH7HieUy6+myeZBGNqhpI2l67Cl6WaQ8V2nM+yOZFG0iCSRgR5jZ2QBanafhjrQdes+qpqzR7JPuq9mkrQXvJe6B4myBAed9w/a88BUn6giRTBa53W2OGRrbBkmonoxdESw79s22Qg/mEVTcuaOKJxLLScP1WzbkozRgjxWvOmaajA3ZDkfr0DPwCFRgM4+uErGE8EA==";

    private readonly ECDiffieHellman _relay = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _box = Certificate("b0123456789");

    private static readonly UsbReturn Sample = new(BoxId.Parse("b0123456789"), [[1, 2, 3], [4]], "{}"u8.ToArray(), "hello"u8.ToArray());

    public void Dispose()
    {
        _relay.Dispose();
        _box.Dispose();
    }

    [Fact]
    public void A_return_keeps_its_bytes()
    {
        Assert.Equal("01" + Convert.ToHexStringLower("b0123456789"u8) + "0103010203" + "010104" + "02027b7d" + "030568656c6c6f", Convert.ToHexStringLower(Sample.ToBytes()));
        UsbReturn read = UsbReturn.Read(Sample.ToBytes())!;
        Assert.Equal(Sample.Box, read.Box);
        Assert.Equal(Sample.Envelopes, read.Envelopes);
        Assert.Equal((Sample.Status!, Sample.Log!), (read.Status!, read.Log!), ((byte[], byte[]) a, (byte[], byte[]) b) => a.Item1.SequenceEqual(b.Item1) && a.Item2.SequenceEqual(b.Item2));
    }

    [Fact]
    public void Cut_inside_a_part_it_is_none()
    {
        byte[] bytes = Sample.ToBytes();
        int[] ends = [12, 17, 20, 24, bytes.Length];
        for (int length = 0; length < bytes.Length; length++)
            Assert.Equal(ends.Contains(length), UsbReturn.Read(bytes.AsSpan(0, length)) is not null);
    }

    [Fact]
    public void A_return_sealed_by_another_program_opens()
    {
        using var relay = ECDiffieHellman.Create();
        relay.ImportPkcs8PrivateKey(Convert.FromBase64String(GoldenKey), out _);
        byte[] golden = Convert.FromBase64String(Golden);
        Assert.Equal(SealedReturn.KeyNameOf(relay.ExportSubjectPublicKeyInfo()), SealedReturn.RelayKeyOf(golden));
        UsbReturn read = UsbReturn.Read(SealedReturn.Open(golden, relay, out X509Certificate2? certificate))!;
        Assert.Equal("b0123456789", certificate!.GetNameInfo(X509NameType.SimpleName, false));
        Assert.Equal("b0123456789", read.Box.ToString());
        Assert.Equal("hello", Encoding.UTF8.GetString(read.Log!));
    }

    [Fact]
    public void What_is_sealed_opens_with_the_relays_key_alone_and_says_nothing_before()
    {
        byte[] content = Sample.ToBytes();
        byte[] whole = SealedReturn.Seal(content, _box, _relay.ExportSubjectPublicKeyInfo());
        Assert.Equal(content, SealedReturn.Open(whole, _relay, out X509Certificate2? certificate));
        Assert.Equal(_box.Thumbprint, certificate!.Thumbprint);
        using var other = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        Assert.Null(SealedReturn.Open(whole, other, out _));
        Assert.Equal(-1, whole.AsSpan().IndexOf("hello"u8));
        Assert.Equal(-1, whole.AsSpan().IndexOf("b0123456789"u8));
        Assert.False(whole.AsSpan().SequenceEqual(SealedReturn.Seal(content, _box, _relay.ExportSubjectPublicKeyInfo())));
    }

    [Fact]
    public void Cut_or_changed_anywhere_it_does_not_open()
    {
        byte[] whole = SealedReturn.Seal(Sample.ToBytes(), _box, _relay.ExportSubjectPublicKeyInfo());
        for (int at = 0; at < whole.Length; at++)
        {
            Assert.Null(SealedReturn.Open(whole.AsSpan(0, at), _relay, out _));
            whole[at] ^= 0x10;
            // The name of the key is for finding it; it is authenticated with the rest.
            Assert.Null(SealedReturn.Open(whole, _relay, out _));
            whole[at] ^= 0x10;
        }
        Assert.Null(SealedReturn.Open([.. whole, 0], _relay, out _));
    }

    [Fact]
    public void Noise_is_no_return_and_no_seal()
    {
        int inputs = Fuzz.Inputs;
        var random = new Random(20261123);
        byte[] sound = Sample.ToBytes();
        byte[] whole = SealedReturn.Seal(sound, _box, _relay.ExportSubjectPublicKeyInfo());
        for (int i = 0; i < inputs; i++)
        {
            byte[] bytes = (byte[])sound.Clone();
            for (int changes = random.Next(1, 4); changes > 0; changes--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            // Whatever it is read as, it is written as the same.
            if (UsbReturn.Read(bytes) is { } read)
                Assert.Equal(bytes.Length, read.ToBytes().Length);
            // Opening costs a curve operation; every fiftieth will do.
            if (i % 50 != 0)
                continue;
            byte[] changed = (byte[])whole.Clone();
            changed[random.Next(8, whole.Length)] ^= (byte)random.Next(1, 256);
            Assert.Null(SealedReturn.Open(changed, _relay, out _));
            random.NextBytes(changed.AsSpan(8));
            Assert.Null(SealedReturn.Open(changed, _relay, out _));
        }
    }

    [Fact]
    public void Acks_are_believed_from_the_relay_alone()
    {
        using X509Certificate2 relay = Certificate("localhost");
        var acks = new UsbAcks([new BoxAck("b0123456789", new EpochGrant(2, ulong.MaxValue, 7), new Ack(2, 40, 7, 99))]);
        byte[] bytes = acks.Sign(relay);
        Assert.Equal(acks.Boxes, UsbAcks.Read(bytes, certificate => certificate.Thumbprint == relay.Thumbprint)!.Boxes);
        Assert.Null(UsbAcks.Read(bytes, _ => false));
        for (int at = 0; at < bytes.Length; at++)
        {
            Assert.Null(UsbAcks.Read(bytes.AsSpan(0, at), _ => true));
            bytes[at] ^= 1;
            // A certificate that was changed is another's: only the judge can tell.
            Assert.Null(UsbAcks.Read(bytes, certificate => certificate.Thumbprint == relay.Thumbprint));
            bytes[at] ^= 1;
        }
    }

    private static X509Certificate2 Certificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSelfSigned(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2036, 1, 1, 0, 0, 0, TimeSpan.Zero));
    }
}
