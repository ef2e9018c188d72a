using System.Text;
using CsCheck;
using Edge.Core.Content;
using Edge.Core.Identity;
using Edge.Core.Text;
using TestKit;
using TestKit.Content;
using Xunit;

namespace Edge.Core.Tests.Content;

public sealed class ErratumTests : IDisposable
{
    private readonly ListKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public void The_longest_erratum_is_a_kilobyte_with_its_signature()
    {
        Erratum longest = Sample with { Text = LocalText.Of("zh-Hans", new string('错', 199)).And("en", "abc"), Path = "slides/lesson-7.pdf", Page = 12 };
        Assert.Null(longest.Problem());
        byte[] record = Sign(longest);
        Assert.True(record.Length <= Erratum.MaxRecordBytes, $"{record.Length} bytes");
        Assert.NotNull((Sample with { Text = LocalText.Of("zh-Hans", new string('错', 201)) }).Problem());
    }

    [Fact]
    public void Nothing_unsigned_is_shown_of_an_erratum()
    {
        byte[] record = Sign(Sample);
        Assert.Equal(Sample.Id, ErratumRecords.Judge(_keys.Trust, record).Erratum!.Id);
        using var others = new ListKeys();
        Assert.Equal(ListVerdict.Untrusted, ErratumRecords.Judge(others.Trust, record).Verdict);
        // A list of another kind never passes as an erratum.
        Assert.Null(ErratumRecords.Judge(_keys.Trust, _keys.Sign(ListKind.Plan, Sample.ToPayload()).ToBytes()).Erratum);
        for (int i = 0; i < record.Length; i++)
        {
            byte[] other = [.. record];
            other[i] ^= 1;
            Assert.Null(ErratumRecords.Judge(_keys.Trust, other).Erratum);
            Assert.Null(ErratumRecords.Judge(_keys.Trust, record.AsMemory(0, i)).Erratum);
        }
    }

    [Fact]
    public void Records_cut_at_every_length_give_the_whole_ones_before_the_cut()
    {
        byte[][] records = [Sign(Sample), Sign(Sample with { Id = "e2" }), Sign(Sample with { Id = "e3" })];
        byte[] all = ErratumRecords.Join(records.Select(record => (ReadOnlyMemory<byte>)record));
        for (int length = 0; length <= all.Length; length++)
        {
            int whole = ErratumRecords.Split(all.AsMemory(0, length)).Count;
            Assert.Equal(length >= all.Length ? 3 : length >= records[0].Length + records[1].Length + 4 ? 2 : length >= records[0].Length + 2 ? 1 : 0, whole);
        }
    }

    [Fact]
    public void Any_bytes_are_read_or_refused() => Gen.Byte.Array[0, 300].Sample(bytes =>
    {
        foreach (ReadOnlyMemory<byte> record in ErratumRecords.Split(bytes))
            Assert.Null(ErratumRecords.Judge(_keys.Trust, record).Erratum);
        Assert.Null(Erratum.Read(bytes));
    }, iter: Fuzz.Inputs);

    [Fact]
    public void It_shows_until_a_later_version_shows_and_again_after_a_roll_back()
    {
        Errata errata = Errata.None.With(Sample);
        Assert.Single(errata.Of("book", 2));
        Assert.Single(errata.Of("book", 1));
        Assert.Empty(errata.Of("book", 3));
        Assert.Empty(errata.Of("other", 2));
        Assert.Empty(errata.With(Sample with { Number = 11, Withdrawn = true }).Of("book", 2));
    }

    [Fact]
    public void Any_order_and_any_repetition_comes_to_the_same()
    {
        Erratum[] news = [Sample, Sample with { Number = 12, Withdrawn = true }, Sample with { Id = "e2", Number = 11 }, Sample with { Id = "e3", Number = 13 }];
        Errata one = news.Aggregate(Errata.None, (errata, erratum) => errata.With(erratum));
        Gen.Shuffle(news.Concat(news).ToArray()).Sample(order => Assert.Equal(one.ById.AsEnumerable(), order.Aggregate(Errata.None, (errata, erratum) => errata.With(erratum)).ById.AsEnumerable()));
    }

    [Theory]
    [InlineData("12:30", 750)]
    [InlineData("1:02:03", 3723)]
    [InlineData("45", 45)]
    [InlineData("1:60", null)]
    [InlineData("a", null)]
    [InlineData("1:2:3:4", null)]
    [InlineData("99:00:00", null)]
    public void A_place_in_a_video_is_read_as_people_write_it(string text, int? second)
    {
        Assert.Equal(second is not null, Erratum.TryParseSecond(text, out int read));
        if (second is not null)
            Assert.Equal(second, read);
    }

    [Fact]
    public void Its_form_is_pinned() => Assert.Equal(
        """{"number":10,"id":"e1","pack":"book","through":2,"path":"film.mp4","second":750,"page":null,"text":{"en":"3/4, not 4/3"},"issued":"2026-03-01T12:00:00+00:00","withdrawn":false}""",
        Encoding.UTF8.GetString(Sample.ToPayload()));

    private static Erratum Sample => new(10, "e1", "book", 2, "film.mp4", 750, null, LocalText.Of("en", "3/4, not 4/3"), new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero), false);

    private byte[] Sign(Erratum erratum) => _keys.Sign(ListKind.Erratum, erratum.ToPayload()).ToBytes();
}
