using Edge.Box.Content;
using Edge.Core.Content;
using Edge.Core.Identity;
using Edge.Core.Text;
using TestKit.Content;
using Xunit;
using static TestKit.Content.ContentOrigin;

namespace Edge.Box.Tests.Content;

public sealed class ErrataStoreTests : ContentTest
{
    protected override ValueTask PrepareAsync()
    {
        Origin.AddPack("book", 1, ("a.txt", "a"u8.ToArray()));
        Origin.Publish(Wanted("book", 1));
        return base.PrepareAsync();
    }

    [Fact]
    public async Task Nothing_unsigned_is_shown_whether_it_came_or_lay_on_disk()
    {
        byte[] good = Sign(Erratum("e1", 1));
        using var stranger = new ListKeys();
        byte[] forged = stranger.Sign(ListKind.Erratum, Erratum("e2", 2).ToPayload()).ToBytes();
        await using (BoxContent box = await BoxContent.OpenAsync(Folder["box"], Origin))
        {
            await box.FetchAsync();
            Assert.Equal(1, await box.Errata.AcceptAsync(ErratumRecords.Join([good, forged]), ErrataRoute.Link, default));
            Assert.Equal(0, await box.Errata.AcceptAsync(ErratumRecords.Join([good]), ErrataRoute.Link, default));
            Assert.Equal("e1", Assert.Single(box.Errata.Current.Of("book", 1)).Id);
        }
        Folder.Write("box/lists/errata.list", ErratumRecords.Join([forged, good]));
        await using BoxContent again = await BoxContent.OpenAsync(Folder["box"], Origin);
        Assert.Equal("e1", Assert.Single(again.Errata.Current.Of("book", 1)).Id);
        Assert.Equal(1, again.Errata.Current.Last);
    }

    [Fact]
    public async Task A_stick_that_leaves_some_out_does_not_keep_the_link_from_bringing_them()
    {
        byte[] first = Sign(Erratum("e1", 1)), second = Sign(Erratum("e2", 2)), third = Sign(Erratum("e3", 3));
        await using (BoxContent box = await BoxContent.OpenAsync(Folder["box"], Origin))
        {
            await box.FetchAsync();
            Assert.Equal(1, await box.Errata.AcceptAsync(ErratumRecords.Join([first]), ErrataRoute.Link, default));
            Assert.Equal(1, await box.Errata.AcceptAsync(ErratumRecords.Join([third]), ErrataRoute.Stick, default));
            Assert.Equal((2, 1L), (box.Errata.Current.Of("book", 1).Length, box.Errata.AskAfter));
        }
        await using (BoxContent again = await BoxContent.OpenAsync(Folder["box"], Origin))
        {
            Assert.Equal((2, 1L), (again.Errata.Current.Of("book", 1).Length, again.Errata.AskAfter));
            Assert.Equal(2, await again.Errata.AcceptAsync(ErratumRecords.Join([second, third]), ErrataRoute.Link, default));
            Assert.Equal((3, 3L), (again.Errata.Current.Of("book", 1).Length, again.Errata.AskAfter));
        }
        await using BoxContent last = await BoxContent.OpenAsync(Folder["box"], Origin);
        Assert.Equal((3, 3L), (last.Errata.Current.Of("book", 1).Length, last.Errata.AskAfter));
        Assert.Equal(0, await last.Errata.AcceptAsync(ErratumRecords.Join([first, second, third]), ErrataRoute.Stick, default));
    }

    private static Erratum Erratum(string id, long number) => new(number, id, "book", 1, null, null, null, LocalText.Of("en", "three, not four"), DateTimeOffset.UnixEpoch, false);

    private byte[] Sign(Erratum erratum) => Origin.Keys.Sign(ListKind.Erratum, erratum.ToPayload()).ToBytes();
}
