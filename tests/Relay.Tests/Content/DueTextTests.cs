using System.Globalization;
using Relay.Content;
using Xunit;

namespace Relay.Tests.Content;

public class DueTextTests
{
    private static readonly TimeZoneInfo China = TimeZoneInfo.CreateCustomTimeZone("china", TimeSpan.FromHours(8), "china", "china");

    // 23:30 in China on the 1st.
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 15, 30, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("tomorrow 08:00", "2026-03-02T08:00:00+08:00")]
    [InlineData("Tomorrow  8:05", "2026-03-02T08:05:00+08:00")]
    [InlineData("today 14:30", "2026-03-01T14:30:00+08:00")]
    [InlineData("2026-03-05 07:30", "2026-03-05T07:30:00+08:00")]
    [InlineData("2026-03-05T07:30", "2026-03-05T07:30:00+08:00")]
    [InlineData("2026-03-05T07:30:00+06:00", "2026-03-05T07:30:00+06:00")]
    [InlineData("2026-03-05T07:30Z", "2026-03-05T07:30:00+00:00")]
    public void Due_times_are_read_as_people_write_them(string text, string expected)
    {
        Assert.True(DueText.TryParse(text, Now, China, out DateTimeOffset due));
        Assert.Equal(DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture), due);
    }

    [Theory]
    [InlineData("")]
    [InlineData("tomorrow")]
    [InlineData("tomorrow 25:00")]
    [InlineData("yesterday 08:00")]
    [InlineData("08:00")]
    [InlineData("2026-13-01 08:00")]
    [InlineData("03/05/2026")]
    [InlineData("tomorrow 08:00 sharp")]
    public void What_could_be_misread_is_refused(string text) => Assert.False(DueText.TryParse(text, Now, China, out _));
}
