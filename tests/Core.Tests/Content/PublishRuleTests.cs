using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Edge.Core.Content;
using Edge.Core.Identity;
using TestKit;
using TestKit.Content;
using Xunit;

namespace Edge.Core.Tests.Content;

public sealed class PublishRuleTests : IDisposable
{
    private static readonly DateTimeOffset Spring = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly ECDsa[] _keys = [.. Enumerable.Range(0, 4).Select(_ => ECDsa.Create(ECCurve.NamedCurves.nistP256))];

    public void Dispose()
    {
        foreach (ECDsa key in _keys)
            key.Dispose();
    }

    [Fact]
    public void Without_a_publish_role_the_catalogue_is_enough() =>
        Assert.Equal(PublishVerdict.Enough, PublishRule.Judge("fractions", Listed("fractions"), Root(0), null, Spring));

    [Fact]
    public void Nothing_unsigned_is_shown_a_version_needs_as_many_distinct_staff_keys_as_the_root_says() =>
        Gen.Select(Gen.Int[1, 3], Gen.Int[0, 15], Gen.Int[0, 3]).Sample((threshold, signers, doubled) =>
        {
            ECDsa[] chosen = [.. _keys.Where((_, place) => (signers & (1 << place)) != 0)];
            // Keys 0 to 2 are staff's; key 3 is a stranger's.
            PublishVerdict verdict = PublishRule.Judge("fractions", Listed("fractions", [.. chosen, .. chosen.Take(doubled)]), Root(threshold), null, Spring);
            Assert.Equal(int.PopCount(signers & 0b0111) >= threshold ? PublishVerdict.Enough : PublishVerdict.TooFew, verdict);
        }, iter: 150);

    [Fact]
    public void Nothing_unsigned_is_shown_a_signature_fits_one_pack_one_version_and_one_manifest()
    {
        CatalogueVersion listed = Listed("fractions", _keys[0], _keys[1]);
        Assert.Equal(PublishVerdict.Enough, PublishRule.Judge("fractions", listed, Root(2), null, Spring));
        Assert.Equal(PublishVerdict.TooFew, PublishRule.Judge("decimals", listed, Root(2), null, Spring));
        Assert.Equal(PublishVerdict.TooFew, PublishRule.Judge("fractions", listed with { Version = 4 }, Root(2), null, Spring));
        Assert.Equal(PublishVerdict.TooFew, PublishRule.Judge("fractions", listed with { Manifest = ChunkId.Of("other"u8) }, Root(2), null, Spring));
        Assert.Equal(PublishVerdict.TooFew, PublishRule.Judge("fractions", listed with { Signatures = [.. listed.Signatures!.Value.Select(s => s with { Value = "no base64" })] }, Root(2), null, Spring));
    }

    [Fact]
    public void A_publishers_pack_needs_the_publisher_and_nobody_else()
    {
        ImmutableArray<PackPublisher> publishers = [Delegated(Publisher("leadschool-"), _keys[0], _keys[1])];
        Assert.Equal(PublishVerdict.Enough, Judge("leadschool-maths", publishers, _keys[3]));
        Assert.Equal(PublishVerdict.TooFew, Judge("leadschool-maths", publishers, _keys[0], _keys[1]));
        Assert.Equal(PublishVerdict.TooFew, Judge("leadschool-maths", publishers));
    }

    [Theory]
    [InlineData("fractions")]
    [InlineData("leadschool")]
    [InlineData("leadschool-")]
    [InlineData("leadschoolx-maths")]
    [InlineData("my-leadschool-maths")]
    public void Nothing_unsigned_is_shown_a_publisher_cannot_touch_other_ids(string pack)
    {
        ImmutableArray<PackPublisher> publishers = [Delegated(Publisher("leadschool-"), _keys[0], _keys[1])];
        Assert.Equal(PublishVerdict.TooFew, Judge(pack, publishers, _keys[3]));
        Assert.Equal(PublishVerdict.Enough, Judge(pack, publishers, _keys[0], _keys[1]));
    }

    [Fact]
    public void Nothing_unsigned_is_shown_a_delegation_that_staff_did_not_sign_or_that_was_changed_counts_for_nothing()
    {
        PackPublisher signed = Delegated(Publisher("leadschool-"), _keys[0], _keys[1]);
        Assert.Equal(PublishVerdict.Enough, Judge("leadschool-maths", [signed], _keys[3]));
        foreach (PackPublisher forged in (PackPublisher[])[
            Publisher("leadschool-"),
            Delegated(Publisher("leadschool-"), _keys[0]),
            signed with { Prefixes = ["leadschool-", "frac-"] },
            signed with { Expires = signed.Expires.AddYears(1) },
            signed with { Name = "other" },
            signed with { Keys = RootMaker.Keys(_keys[2], _keys[3]) }])
            Assert.Equal(PublishVerdict.TooFew, Judge("leadschool-maths", [forged], _keys[3]));
    }

    [Fact]
    public void The_longest_prefix_has_the_say_in_whatever_order_publishers_stand() => Gen.Select(Gen.Int[1, 7], Gen.Bool).Sample((chosen, turned) =>
    {
        PackPublisher[] all = [.. new[] { "lead-", "lead-maths-", "lead-maths-three-" }.Where((_, place) => (chosen & (1 << place)) != 0).Select(prefix => Publisher(prefix) with { Name = prefix.TrimEnd('-') })];
        PackPublisher? found = PublishRule.PublisherOf("lead-maths-three-a", Root(0), [.. turned ? all.Reverse() : all]);
        Assert.Equal(all.MaxBy(publisher => publisher.Prefixes[0].Length)!.Name, found!.Name);
    });

    [Fact]
    public void The_clock_may_lie_a_publishers_time_ends_by_the_time_in_signed_lists()
    {
        PackPublisher publisher = Publisher("leadschool-");
        CatalogueVersion listed = Listed("leadschool-maths", _keys[3]);
        Assert.Equal(PublishVerdict.Enough, PublishRule.Judge("leadschool-maths", listed, Root(0), [publisher], publisher.Expires));
        Assert.Equal(PublishVerdict.PublisherExpired, PublishRule.Judge("leadschool-maths", listed, Root(0), [publisher], publisher.Expires.AddSeconds(1)));
    }

    [Theory]
    [InlineData("lea-", true)]
    [InlineData("le-", false)]
    [InlineData("leadschool", false)]
    [InlineData("-lead-", false)]
    [InlineData("Lead-", false)]
    [InlineData(null, false)]
    public void A_prefix_ends_with_a_hyphen_and_is_not_too_short(string? prefix, bool sound) => Assert.Equal(sound, PackPublisher.IsPrefix(prefix));

    [Fact]
    public void The_signed_texts_keep_their_bytes()
    {
        Assert.Equal("edge-publish 1\npack fractions\nversion 3\nmanifest ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb\n",
            Encoding.ASCII.GetString(PublishStatement.Of("fractions", 3, ChunkId.Of("a"u8))));
        PackPublisher publisher = Publisher("leadschool-");
        (string id, string key) = publisher.Keys.Single();
        Assert.Equal($"edge-publisher 1\nname leadschool\nprefix leadschool-\nkey {id} {key}\nthreshold 1\nexpires 2027-03-01T12:00:00Z\n", Encoding.ASCII.GetString(publisher.Statement()));
    }

    [Fact]
    public void A_catalogue_with_signatures_and_publishers_keeps_its_bytes_and_one_without_is_as_before()
    {
        var id = ChunkId.Of("a"u8);
        Assert.Equal($$"""{"version":7,"packs":[{"id":"fractions","versions":[{"version":3,"manifest":"{{id}}","manifestBytes":10,"withdrawn":false,"updates":[]}]}]}""",
            Encoding.UTF8.GetString(new Catalogue(7, [new CataloguePack("fractions", [new CatalogueVersion(3, id, 10, false)])]).ToPayload()));
        PackPublisher publisher = Publisher("leadschool-") with { Signatures = [new StatementSignature("0011223344556677", "AQID")] };
        (string keyId, string key) = publisher.Keys.Single();
        var full = new Catalogue(7, [new CataloguePack("fractions", [new CatalogueVersion(3, id, 10, false, Signatures: [new StatementSignature("0011223344556677", "AQID")])])], Spring, Spring.AddDays(30), [publisher]);
        Assert.Equal($$"""{"version":7,"packs":[{"id":"fractions","versions":[{"version":3,"manifest":"{{id}}","manifestBytes":10,"withdrawn":false,"signatures":[{"key":"0011223344556677","value":"AQID"}],"updates":[]}]}],"""
            + $$"""
            "issued":"2026-03-01T12:00:00+00:00","expires":"2026-03-31T12:00:00+00:00","publishers":[{"name":"leadschool","prefixes":["leadschool-"],"keys":{"{{keyId}}":"{{key.Replace("+", "\\u002B", StringComparison.Ordinal)}}"},"threshold":1,"expires":"2027-03-01T12:00:00+00:00","signatures":[{"key":"0011223344556677","value":"AQID"}]}]}
            """, Encoding.UTF8.GetString(full.ToPayload()));
        Catalogue read = Catalogue.Read(full.ToPayload())!;
        Assert.Equal(publisher.Statement(), read.Publishers!.Value[0].Statement());
        byte[] payload = full.ToPayload();
        for (int length = 0; length < payload.Length; length++)
            Assert.Null(Catalogue.Read(payload.AsSpan(0, length)));
    }

    [Fact]
    public void Any_bytes_are_read_or_refused_and_never_crash()
    {
        byte[] catalogue = new Catalogue(7, [new CataloguePack("leadschool-a", [Listed("leadschool-a", _keys[3])])], Spring, Spring, [Publisher("leadschool-")]).ToPayload();
        byte[] floors = new ListFloors(1, 2, 3, "hill", Spring, ChunkId.Of("a"u8)).ToBytes();
        string[] holes = ["null", "[null]", "{}", "[]", "\"\"", "-1", "1e400"];
        TrustRoot root = Root(1);
        Gen.Select(Gen.Byte.Array[0, 40], Gen.Int[0, 100_000], Gen.Int[0, 6], Gen.Bool).Sample((noise, at, hole, isFloors) =>
        {
            byte[] start = isFloors ? floors : catalogue;
            byte[] mixed = [.. start];
            for (int i = 0; i < noise.Length; i++)
                mixed[(at + i * 11) % mixed.Length] = noise[i];
            // Sound JSON with a hole in the middle goes further than noise does.
            string text = Encoding.UTF8.GetString(start);
            int colon = text.IndexOf(':', at % text.Length);
            int end = colon < 0 ? -1 : text.IndexOfAny([',', '}'], colon);
            byte[] holed = end < 0 ? [] : Encoding.UTF8.GetBytes(text[..(colon + 1)] + holes[hole] + text[end..]);
            foreach (byte[] bytes in (byte[][])[mixed, holed, noise])
            {
                _ = ListFloors.Read(bytes);
                _ = PackPublisher.Read(bytes);
                if (Catalogue.Read(bytes) is not { } read)
                    continue;
                _ = read.ToPayload();
                foreach (CataloguePack pack in read.Packs)
                    _ = PublishRule.Judge(pack.Id, pack.Versions[0], root, read.Publishers, Spring);
            }
        }, iter: Fuzz.Inputs);
    }

    private TrustRoot Root(int threshold)
    {
        TrustRole lists = RootMaker.Role(1, _keys[0]);
        return new TrustRoot(1, RootMaker.Keys(_keys[0], _keys[1], _keys[2]), lists, lists, lists, threshold == 0 ? null : RootMaker.Role(threshold, _keys[0], _keys[1], _keys[2]));
    }

    private static CatalogueVersion Listed(string pack, params ECDsa[] signers) =>
        new(3, ChunkId.Of("a"u8), 10, false, Signatures: [.. signers.Select(key => StatementSignature.Sign(PublishStatement.Of(pack, 3, ChunkId.Of("a"u8)), key))]);

    private PublishVerdict Judge(string pack, ImmutableArray<PackPublisher> publishers, params ECDsa[] signers) => PublishRule.Judge(pack, Listed(pack, signers), Root(2), publishers, Spring);

    private PackPublisher Publisher(string prefix) => new("leadschool", [prefix], RootMaker.Keys(_keys[3]), 1, Spring.AddYears(1));

    private static PackPublisher Delegated(PackPublisher publisher, params ECDsa[] staff) =>
        publisher with { Signatures = [.. staff.Select(key => StatementSignature.Sign(publisher.Statement(), key))] };
}
