using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Edge.Core.Identity;
using TestKit;
using TestKit.Content;
using Xunit;

namespace Edge.Core.Tests.Identity;

public sealed class RootChainTests : IDisposable
{
    private readonly ECDsa[] _keys = [.. Enumerable.Range(0, 5).Select(_ => ECDsa.Create(ECCurve.NamedCurves.nistP256))];

    private static readonly string GoldenKey = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==";

    public void Dispose()
    {
        foreach (ECDsa key in _keys)
            key.Dispose();
    }

    [Fact]
    public void Nothing_unsigned_is_shown_any_choice_of_signers_counts_exactly_when_it_meets_old_and_new_threshold() =>
        Gen.Select(Gen.Int[1, 3], Gen.Int[1, 3], Gen.Int[0, 31], Gen.Int[0, 2]).Sample((oldThreshold, newThreshold, signers, doubled) =>
        {
            // Old root: keys 0, 1, 2. New root: keys 2, 3, 4.
            TrustRoot held = First(oldThreshold, _keys[0], _keys[1], _keys[2]);
            TrustRoot next = RootMaker.After(held, root => root with { Root = RootMaker.Role(newThreshold, _keys[2], _keys[3], _keys[4]) }, _keys);
            ECDsa[] chosen = [.. _keys.Where((_, place) => (signers & (1 << place)) != 0)];
            // Signing twice is signing once.
            SignedList list = RootMaker.Sign(next, [.. chosen, .. chosen.Take(doubled)]);
            bool old = int.PopCount(signers & 0b00111) >= oldThreshold;
            bool own = int.PopCount(signers & 0b11100) >= newThreshold;
            Assert.Equal(old && own ? ListVerdict.Accepted : ListVerdict.Untrusted, held.Judge(list, out TrustRoot? root));
            Assert.Equal(old && own, root is not null);
        }, iter: 200);

    [Fact]
    public void A_box_that_slept_for_years_walks_the_chain_version_by_version()
    {
        ImmutableArray<SignedList> chain = Chain(40);
        TrustRoot first = TrustRoot.Read(chain[0].Payload.Span)!;
        RootWalk walk = RootChain.Walk(first, chain);
        Assert.Equal((40L, 39, ListVerdict.Accepted), (walk.Root.Version, walk.Taken.Length, walk.Verdict));
        // The same again, in one go or in two, comes to the same.
        RootWalk half = RootChain.Walk(first, chain[..20]);
        Assert.Equal(40, RootChain.Walk(half.Root, chain).Root.Version);
    }

    [Fact]
    public void A_walk_takes_1024_versions_in_one_go_and_the_rest_in_the_next()
    {
        TrustRoot root = First(1, _keys[0]);
        var steps = new List<SignedList>();
        for (int i = 0; i < RootChain.MaxSteps + 3; i++)
            steps.Add(RootMaker.Sign(root = RootMaker.After(root, next => next), _keys[0]));
        RootWalk walk = RootChain.Walk(First(1, _keys[0]), steps);
        Assert.Equal(1 + RootChain.MaxSteps, walk.Root.Version);
        Assert.Equal(4 + RootChain.MaxSteps, RootChain.Walk(walk.Root, steps).Root.Version);
    }

    [Fact]
    public void Nothing_unsigned_is_shown_a_walk_ends_before_the_first_step_that_may_not_follow()
    {
        ImmutableArray<SignedList> chain = Chain(10);
        TrustRoot first = TrustRoot.Read(chain[0].Payload.Span)!;
        Assert.Equal(4, RootChain.Walk(first, chain.RemoveAt(4)).Root.Version);
        SignedList[] planted = [.. chain];
        planted[4] = planted[4] with { Signatures = [] };
        RootWalk walk = RootChain.Walk(first, planted);
        Assert.Equal((4L, ListVerdict.Untrusted), (walk.Root.Version, walk.Verdict));
        Assert.Equal(ListVerdict.Malformed, RootChain.Walk(first, [SignedList.Sign(ListKind.Plan, "{}"u8.ToArray(), _keys[0])]).Verdict);
    }

    [Fact]
    public void Signers_who_never_meet_add_their_signatures_one_by_one()
    {
        TrustRoot held = First(2, _keys[0], _keys[1], _keys[2]);
        SignedList draft = RootMaker.Sign(RootMaker.After(held, root => root));
        Assert.Equal(ListVerdict.Untrusted, held.Judge(draft, out _));
        SignedList one = draft.WithSignature(_keys[0]).WithSignature(_keys[0]);
        Assert.Single(one.Signatures);
        Assert.Equal(ListVerdict.Untrusted, held.Judge(one, out _));
        Assert.Equal(ListVerdict.Accepted, held.Judge(one.WithSignature(_keys[2]), out _));
    }

    [Fact]
    public void The_chain_file_keeps_its_bytes_and_cut_anywhere_gives_the_whole_lists_before_the_cut()
    {
        var list = new SignedList(ListKind.Root, [new ListSignature("0011223344556677", [1, 2, 3])], "{}"u8.ToArray());
        Assert.Equal("edge-roots 1\n46\nedge-list 1 root\nsig 0011223344556677 AQID\n\n{}46\nedge-list 1 root\nsig 0011223344556677 AQID\n\n{}",
            Encoding.ASCII.GetString(RootChain.ToBytes([list, list])));
        ImmutableArray<SignedList> chain = Chain(4);
        byte[] bytes = RootChain.ToBytes(chain);
        Assert.Equal(4, RootChain.Read(bytes).Length);
        TrustRoot first = TrustRoot.Read(chain[0].Payload.Span)!;
        for (int length = 0; length < bytes.Length; length++)
        {
            ImmutableArray<SignedList> read = RootChain.Read(bytes.AsMemory(0, length));
            Assert.True(read.Length < 4);
            Assert.Equal(Math.Max(1, read.Length), RootChain.Walk(first, read).Root.Version);
        }
    }

    [Fact]
    public void A_root_with_everything_in_it_keeps_its_bytes()
    {
        Assert.Equal("2c9ac42f9b4a8b1c".Length, PublicKeys.IdOf(GoldenKey)!.Length);
        string id = PublicKeys.IdOf(GoldenKey)!;
        var role = new TrustRole([id], 1);
        var root = new TrustRoot(3, ImmutableSortedDictionary<string, string>.Empty.Add(id, GoldenKey), role, role, role, role, GoldenKey,
            ImmutableSortedDictionary<string, string>.Empty.Add(id, "li"), new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero), new DateTimeOffset(2029, 3, 1, 12, 0, 0, TimeSpan.Zero));
        string keyText = GoldenKey.Replace("+", "\\u002B", StringComparison.Ordinal);
        string roleText = $$"""{"keys":["{{id}}"],"threshold":1}""";
        Assert.Equal($$"""{"version":3,"keys":{"{{id}}":"{{keyText}}"},"root":{{roleText}},"catalogue":{{roleText}},"plan":{{roleText}},"publish":{{roleText}},"sealing":"{{keyText}}","names":{"{{id}}":"li"},"issued":"2026-03-01T12:00:00+00:00","expires":"2029-03-01T12:00:00+00:00"}""",
            Encoding.UTF8.GetString(root.ToPayload()));
        TrustRoot read = TrustRoot.Read(root.ToPayload())!;
        Assert.Equal((root.Publish!.Threshold, root.Sealing, root.Expires, "li"), (read.Publish!.Threshold, read.Sealing, read.Expires, read.Names![id]));
    }

    [Fact]
    public void A_root_of_the_first_release_is_still_read_and_asks_for_no_further_signatures()
    {
        string id = PublicKeys.IdOf(GoldenKey)!;
        string role = $$"""{"keys":["{{id}}"],"threshold":1}""";
        TrustRoot root = TrustRoot.Read(Encoding.UTF8.GetBytes($$"""{"version":1,"keys":{"{{id}}":"{{GoldenKey}}"},"root":{{role}},"catalogue":{{role}},"plan":{{role}}}"""))!;
        Assert.Equal((null, null, null), (root.Publish, root.Sealing, root.Expires));
    }

    [Fact]
    public void A_root_over_its_bounds_or_with_holes_is_no_root()
    {
        TrustRoot root = First(1, _keys[0]);
        Assert.Null(TrustRoot.Read((root with { Publish = new TrustRole(["ffffffffffffffff"], 1) }).ToPayload()));
        Assert.Null(TrustRoot.Read((root with { Publish = new TrustRole([RootMaker.Id(_keys[0])], 2) }).ToPayload()));
        Assert.Null(TrustRoot.Read((root with { Sealing = "AAAA" }).ToPayload()));
        Assert.Null(TrustRoot.Read((root with { Names = ImmutableSortedDictionary<string, string>.Empty.Add("a", new string('x', TrustRoot.MaxNameLength + 1)) }).ToPayload()));
        string text = Encoding.UTF8.GetString(root.ToPayload());
        Assert.Null(TrustRoot.Read(Encoding.UTF8.GetBytes(text.Replace($"\"keys\":[\"{RootMaker.Id(_keys[0])}\"]", "\"keys\":[null]", StringComparison.Ordinal))));
        Assert.Null(TrustRoot.Read(new byte[RootChain.MaxRootBytes + 1]));
    }

    [Fact]
    public void Any_bytes_are_read_or_refused_and_never_crash()
    {
        byte[] root = First(1, _keys[0]).ToPayload();
        byte[] chain = RootChain.ToBytes(Chain(2));
        Gen.Select(Gen.Byte.Array[0, 60], Gen.Int[0, 3], Gen.Int[0, 100_000]).Sample((noise, which, at) =>
        {
            byte[] start = which switch { 0 => root, 1 => chain, 2 => "edge-roots 1\n"u8.ToArray(), _ => [] };
            byte[] mixed = [.. start];
            for (int i = 0; i < noise.Length && mixed.Length > 0; i++)
                mixed[(at + i * 7) % mixed.Length] = noise[i];
            foreach (byte[] bytes in (byte[][])[mixed, [.. start, .. noise]])
            {
                _ = TrustRoot.Read(bytes);
                _ = RootChain.Read(bytes);
            }
        }, iter: Fuzz.Inputs);
    }

    private TrustRoot First(int threshold, params ECDsa[] keys) =>
        new(1, RootMaker.Keys(_keys), RootMaker.Role(threshold, keys), RootMaker.Role(1, _keys[0]), RootMaker.Role(1, _keys[0]));

    /// <summary>Roots 1 to <paramref name="length"/>, two of three, one key changed at each step.</summary>
    private ImmutableArray<SignedList> Chain(int length)
    {
        ECDsa[] Of(int step) => [_keys[step % 5], _keys[(step + 1) % 5], _keys[(step + 2) % 5]];
        TrustRoot root = First(2, Of(0));
        var chain = ImmutableArray.CreateBuilder<SignedList>();
        chain.Add(RootMaker.Sign(root, _keys[0], _keys[1]));
        for (int step = 1; step < length; step++)
        {
            root = RootMaker.After(root, next => next with { Root = RootMaker.Role(2, Of(step)) });
            chain.Add(RootMaker.Sign(root, _keys[step % 5], _keys[(step + 1) % 5]));
        }
        return chain.ToImmutable();
    }
}
