using Edge.Box.Usage;
using Edge.Core.Feedback;
using TestKit.Disk;
using Xunit;

namespace Edge.Box.Tests.Usage;

public sealed class UsageBookTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private DateOnly? _today = new(2026, 3, 2);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Totals_outlive_a_restart_and_only_grow()
    {
        UsageBook book = Open();
        book.Count(UsageKey.Visits);
        book.Count(UsageKey.Visits);
        UsageDay before = Assert.Single(book.Owed());
        book.Took(before);
        Assert.Empty(book.Owed());
        await book.KeepAsync(Token);
        book = Open();
        Assert.Empty(book.Owed());
        book.Count(UsageKey.Visits);
        UsageDay after = Assert.Single(book.Owed());
        Assert.Equal((before.Storage, before.Day, 3L), (after.Storage, after.Day, after[UsageKey.Visits]));
    }

    [Fact]
    public async Task What_was_not_written_before_a_cut_is_sent_again_and_not_twice()
    {
        UsageBook book = Open();
        book.Count(UsageKey.Plays);
        await book.KeepAsync(Token);
        UsageDay first = Assert.Single(book.Owed());
        book.Took(first); // and the power goes
        UsageDay again = Assert.Single(Open().Owed());
        Assert.Equal(first.ToText(), again.ToText());
    }

    [Fact]
    public async Task Days_are_apart_and_what_a_box_without_time_counted_waits_for_the_first_it_knows()
    {
        UsageBook book = Open();
        book.Count(UsageKey.Visits);
        _today = null;
        book.Count(UsageKey.Visits);
        Assert.Equal([new DateOnly(2026, 3, 2)], book.Owed().Select(day => day.Day));
        await book.KeepAsync(Token);
        book = Open();
        book.Count(UsageKey.Visits);
        _today = new DateOnly(2026, 3, 3);
        book.Count(UsageKey.Downloads);
        UsageDay[] owed = [.. book.Owed()];
        Assert.Equal([new DateOnly(2026, 3, 2), new DateOnly(2026, 3, 3)], owed.Select(day => day.Day));
        Assert.Equal([1L, 0, 0, 0], owed[0].Counts);
        Assert.Equal([2L, 0, 1, 0], owed[1].Counts);
        for (int day = 0; day < 100; day++)
        {
            _today = new DateOnly(2026, 4, 1).AddDays(day);
            book.Count(UsageKey.Visits);
            foreach (UsageDay changed in book.Owed())
                book.Took(changed);
        }
        await book.KeepAsync(Token);
        Assert.InRange(new FileInfo(_folder["usage.json"]).Length, 1, 8_000);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{\"version\":1,\"storage\":\"x\",\"days\":[]}")]
    [InlineData("{\"version\":1,\"storage\":\"0123456789abcdef\",\"days\":[{\"day\":null,\"counts\":[1],\"sent\":[]}]}")]
    [InlineData("{\"version\":1,\"storage\":\"0123456789abcdef\",\"days\":[null]}")]
    public void A_damaged_file_is_another_storage(string text)
    {
        _folder.Write("usage.json", text);
        UsageBook book = Open();
        Assert.Empty(book.Owed());
        book.Count(UsageKey.Visits);
        Assert.NotEqual(0x0123456789abcdefUL, Assert.Single(book.Owed()).Storage);
    }

    private UsageBook Open() => new(_folder["usage.json"], () => _today);
}
