using System.Security.Cryptography;
using Edge.Core.Identity;
using TestKit;
using TestKit.Content;
using TestKit.Disk;
using Xunit;
using static TestKit.Content.ContentOrigin;

namespace Edge.Box.Tests.Content;

/// <summary>Roots and signatures on their way to the box, over HTTP.</summary>
public sealed class TrustFetchTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly ECDsa[] _staff = [.. Enumerable.Range(0, 3).Select(_ => ECDsa.Create(ECCurve.NamedCurves.nistP256))];
    private ContentOrigin _origin = null!;

    public async ValueTask InitializeAsync() => _origin = await ContentOrigin.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _origin.DisposeAsync();
        _folder.Dispose();
        foreach (ECDsa key in _staff)
            key.Dispose();
    }

    [Fact]
    public async Task A_box_that_was_off_for_seventy_roots_walks_them_in_one_round()
    {
        TrustRoot root = _origin.Keys.Trust;
        for (int i = 0; i < 70; i++)
            _origin.AddRoot(_origin.Keys.Sign(ListKind.Root, (root = RootMaker.After(root, next => next)).ToPayload()));
        await using (BoxContent box = await BoxContent.OpenAsync(_folder.Path, _origin))
        {
            await box.FetchAsync();
            Assert.Equal(71, box.Lists.VersionOf(ListKind.Root));
        }
        await using BoxContent again = await BoxContent.OpenAsync(_folder.Path, _origin);
        Assert.Equal(71, again.Lists.VersionOf(ListKind.Root));
    }

    [Fact]
    public async Task Nothing_unsigned_is_shown_a_version_with_one_of_two_signatures_is_not_fetched_and_shows_with_two()
    {
        _origin.AddPack("before", 1, ("a.txt", Noise.Of(5_000, 1)));
        _origin.Publish(Wanted("before", 1));
        await using BoxContent box = await BoxContent.OpenAsync(_folder.Path, _origin);
        await box.FetchAsync();
        AskForStaff();
        _origin.AddPack("fractions", 1, ("a.txt", Noise.Of(5_000, 2)));
        _origin.SignVersion("fractions", 1, _staff[0], _staff[0]);
        _origin.Publish(Wanted("before", 1), Wanted("fractions", 1));
        long sent = _origin.SentBytes;
        for (int round = 0; round < 2; round++)
        {
            await box.FetchAsync();
            // What showed before the root asked for people goes on showing; the new one is not even fetched.
            Assert.Equal(["before"], box.Library.Reports.Select(report => report.Pack));
            Assert.Equal(sent, _origin.SentBytes);
        }
        _origin.SignVersion("fractions", 1, _staff[0], _staff[2]);
        _origin.Publish(Wanted("before", 1), Wanted("fractions", 1));
        await box.FetchAsync();
        Assert.Equal(["before", "fractions"], box.Library.Reports.Select(report => report.Pack));
    }

    [Fact]
    public async Task Nothing_unsigned_is_shown_signatures_of_one_version_do_not_carry_another()
    {
        AskForStaff();
        _origin.AddPack("fractions", 1, ("a.txt", Noise.Of(5_000, 2)));
        _origin.AddPack("fractions", 2, ("a.txt", Noise.Of(5_000, 3)));
        _origin.SignVersion("fractions", 1, _staff);
        _origin.Publish(Wanted("fractions", 2));
        await using BoxContent box = await BoxContent.OpenAsync(_folder.Path, _origin);
        await box.FetchAsync();
        Assert.Empty(box.Library.Reports);
        _origin.Publish(Wanted("fractions", 1));
        await box.FetchAsync();
        Assert.Equal(1, Assert.Single(box.Library.Reports).Version);
    }

    private void AskForStaff() => _origin.AddRoot(_origin.Keys.Sign(ListKind.Root,
        RootMaker.After(_origin.Keys.Trust, root => root with { Publish = RootMaker.Role(2, _staff) }, _staff).ToPayload()));
}
