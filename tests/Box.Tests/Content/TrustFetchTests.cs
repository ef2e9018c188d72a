using System.Security.Cryptography;
using Edge.Core.Identity;
using TestKit;
using TestKit.Content;
using Xunit;
using static TestKit.Content.ContentOrigin;

namespace Edge.Box.Tests.Content;

/// <summary>Roots and signatures on their way to the box, over HTTP.</summary>
public sealed class TrustFetchTests : ContentTest
{
    private readonly ECDsa[] _staff = [.. Enumerable.Range(0, 3).Select(_ => ECDsa.Create(ECCurve.NamedCurves.nistP256))];

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (ECDsa key in _staff)
            key.Dispose();
    }

    [Fact]
    public async Task A_box_that_was_off_for_seventy_roots_walks_them_in_one_round()
    {
        TrustRoot root = Origin.Keys.Trust;
        for (int i = 0; i < 70; i++)
            Origin.AddRoot(Origin.Keys.Sign(ListKind.Root, (root = RootMaker.After(root, next => next)).ToPayload()));
        await using (BoxContent box = await BoxContent.OpenAsync(Folder.Path, Origin))
        {
            await box.FetchAsync();
            Assert.Equal(71, box.Lists.VersionOf(ListKind.Root));
        }
        await using BoxContent again = await BoxContent.OpenAsync(Folder.Path, Origin);
        Assert.Equal(71, again.Lists.VersionOf(ListKind.Root));
    }

    [Fact]
    public async Task Nothing_unsigned_is_shown_a_version_with_one_of_two_signatures_is_not_fetched_and_shows_with_two()
    {
        Origin.AddPack("before", 1, ("a.txt", Noise.Of(5_000, 1)));
        Origin.Publish(Wanted("before", 1));
        await using BoxContent box = await BoxContent.OpenAsync(Folder.Path, Origin);
        await box.FetchAsync();
        AskForStaff();
        Origin.AddPack("fractions", 1, ("a.txt", Noise.Of(5_000, 2)));
        Origin.SignVersion("fractions", 1, _staff[0], _staff[0]);
        Origin.Publish(Wanted("before", 1), Wanted("fractions", 1));
        long sent = Origin.SentBytes;
        for (int round = 0; round < 2; round++)
        {
            await box.FetchAsync();
            // What showed before the root asked for people goes on showing; the new one is not even fetched.
            Assert.Equal(["before"], box.Library.Reports.Select(report => report.Pack));
            Assert.Equal(sent, Origin.SentBytes);
        }
        Origin.SignVersion("fractions", 1, _staff[0], _staff[2]);
        Origin.Publish(Wanted("before", 1), Wanted("fractions", 1));
        await box.FetchAsync();
        Assert.Equal(["before", "fractions"], box.Library.Reports.Select(report => report.Pack));
    }

    [Fact]
    public async Task Nothing_unsigned_is_shown_signatures_of_one_version_do_not_carry_another()
    {
        AskForStaff();
        Origin.AddPack("fractions", 1, ("a.txt", Noise.Of(5_000, 2)));
        Origin.AddPack("fractions", 2, ("a.txt", Noise.Of(5_000, 3)));
        Origin.SignVersion("fractions", 1, _staff);
        Origin.Publish(Wanted("fractions", 2));
        await using BoxContent box = await BoxContent.OpenAsync(Folder.Path, Origin);
        await box.FetchAsync();
        Assert.Empty(box.Library.Reports);
        Origin.Publish(Wanted("fractions", 1));
        await box.FetchAsync();
        Assert.Equal(1, Assert.Single(box.Library.Reports).Version);
    }

    private void AskForStaff() => Origin.AddRoot(Origin.Keys.Sign(ListKind.Root,
        RootMaker.After(Origin.Keys.Trust, root => root with { Publish = RootMaker.Role(2, _staff) }, _staff).ToPayload()));
}
