using System.Globalization;
using Edge.Core.Text;

namespace Relay.Console;

/// <summary>Who reads this page: their language, the words in it, and times and sizes as they read them.
/// The choice is kept in a cookie; before a choice the browser's own language counts.</summary>
public sealed class Reader
{
    public const string Cookie = "lang";

    private readonly Texts _texts;
    private readonly TimeProvider _time;

    public Reader(IHttpContextAccessor accessor, Texts texts, TimeProvider time)
    {
        HttpContext context = accessor.HttpContext ?? throw new InvalidOperationException("a reader exists only while a page is made");
        _texts = texts;
        _time = time;
        string? chosen = context.Request.Cookies[Cookie];
        Language = chosen is not null && texts.Offered.Contains(chosen) ? chosen : Languages.Choose(context.Request.Headers.AcceptLanguage, texts.Offered);
        Path = context.Request.Path;
        Address = context.Request.Path + context.Request.QueryString;
        SignedIn = context.User.Identity?.IsAuthenticated == true;
        Said = Relay.Console.Said.Of(context) is { } said ? Format(said.Key, [.. said.Arguments]) : null;
        Now = time.GetUtcNow();
    }

    /// <summary>BCP 47 tag.</summary>
    public string Language { get; }

    /// <summary>Path of the page being made.</summary>
    public string Path { get; }

    /// <summary>Path and query of the page being made.</summary>
    public string Address { get; }

    public bool SignedIn { get; }

    /// <summary>What the last form came to, once; null without one.</summary>
    public string? Said { get; }

    /// <summary>One moment for the whole page.</summary>
    public DateTimeOffset Now { get; }

    /// <summary>Languages to switch to, each with its name in its own script.</summary>
    public IEnumerable<(string Language, string OwnName)> Offered => _texts.Offered.Select(language => (language, _texts.Get(language, "language.name")));

    public string this[string key] => _texts.Get(Language, key);

    public string Format(string key, params object[] arguments) => _texts.Format(Language, key, arguments);

    public string In(LocalText text) => text.In(Language);

    /// <summary>"1 box", "3 boxes": the text of <paramref name="key"/>, or of <c>key.one</c>.</summary>
    public string Count(string key, long number) => Format(number == 1 ? key + ".one" : key, number);

    /// <summary>A value of an enum in words: key <c>prefix.value</c>.</summary>
    public string Word(string prefix, Enum value) => this[$"{prefix}.{value.ToString().ToLowerInvariant()}"];

    /// <summary>Date and time in the relay's own zone, alike in all languages.</summary>
    public string Clock(DateTimeOffset at) => Local(at).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary>Time of day in the relay's own zone.</summary>
    public string Hour(DateTimeOffset at) => Local(at).ToString("HH:mm", CultureInfo.InvariantCulture);

    /// <summary>As a field of type <c>datetime-local</c> takes it.</summary>
    public string Field(DateTimeOffset at) => Local(at).ToString("yyyy-MM-dd'T'HH:mm", CultureInfo.InvariantCulture);

    /// <summary>True on the present day of the relay's own zone.</summary>
    public bool IsToday(DateTimeOffset at) => Local(at).Date == Local(Now).Date;

    /// <summary>The relay's zone: "UTC+08:00".</summary>
    public string Zone => _time.LocalTimeZone.GetUtcOffset(Now) is var offset && offset == TimeSpan.Zero ? "UTC"
        : $"UTC{(offset < TimeSpan.Zero ? '-' : '+')}{offset:hh\\:mm}";

    /// <summary>"3 min ago", "in 2 h".</summary>
    public string Relative(DateTimeOffset at)
    {
        TimeSpan span = Now - at;
        string side = span < TimeSpan.Zero ? "in" : "ago";
        return span.Duration() switch
        {
            { TotalSeconds: < 2 } => this["now"],
            { TotalSeconds: < 60 } left => Format($"{side}.seconds", (int)left.TotalSeconds),
            { TotalMinutes: < 60 } left => Format($"{side}.minutes", (int)left.TotalMinutes),
            { TotalHours: < 48 } left => Format($"{side}.hours", (int)left.TotalHours),
            var left => Format($"{side}.days", (int)left.TotalDays),
        };
    }

    /// <summary>A time of waiting given in hours: "12 min", "3 h", "4 d"; a dash for none.</summary>
    public string Waited(double? hours) => hours switch
    {
        null => "–",
        < 1 => Format("span.minutes", (int)(hours * 60)),
        < 48 => Format("span.hours", (int)hours),
        _ => Format("span.days", (int)(hours / 24)),
    };

    /// <summary>Place in a lesson: "12:05", "1:02:05".</summary>
    public static string Position(TimeSpan at) => at.ToString(at < TimeSpan.FromHours(1) ? @"mm\:ss" : @"h\:mm\:ss", CultureInfo.InvariantCulture);

    /// <summary>A size with three digits at most: "812 kB", "1.4 GB" (powers of 1000).</summary>
    public static string Bytes(long bytes)
    {
        string[] units = ["B", "kB", "MB", "GB", "TB"];
        double value = bytes;
        int unit = 0;
        while (value >= 999.5 && unit < units.Length - 1)
        {
            value /= 1000;
            unit++;
        }
        return value.ToString(unit > 0 && value < 9.95 ? "0.0" : "0", CultureInfo.InvariantCulture) + " " + units[unit];
    }

    private DateTimeOffset Local(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, _time.LocalTimeZone);
}
