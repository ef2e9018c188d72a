using System.Globalization;
using Edge.Core.Text;

namespace Edge.Box.Pages;

/// <summary>Who reads this page: their language and the words in it. The choice is kept in a cookie; before a choice the phone's own language counts.</summary>
public sealed class Reader
{
    public const string Cookie = "lang";

    /// <summary>Class and seat as last given on this phone; gone when its browser is closed, since phones are shared.</summary>
    public const string SeatCookie = "seat";

    private readonly Texts _texts;

    public Reader(IHttpContextAccessor accessor, Texts texts)
    {
        HttpContext context = accessor.HttpContext ?? throw new InvalidOperationException("a reader exists only while a page is made");
        _texts = texts;
        Language = LanguageOf(context);
        Path = context.Request.Path;
        SavedNumber = long.TryParse(context.Request.Query["saved"], NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
        WithoutFile = context.Request.Query.ContainsKey("without");
        string[] seat = (context.Request.Cookies[SeatCookie] ?? "").Split('/', 2);
        Seat = seat.Length == 2 && int.TryParse(seat[1], NumberStyles.None, CultureInfo.InvariantCulture, out int place) ? (Uri.UnescapeDataString(seat[0]), place) : (null, null);
    }

    /// <summary>The language of who asks, for answers that are no pages too.</summary>
    public static string LanguageOf(HttpContext context)
    {
        Texts texts = context.RequestServices.GetRequiredService<Texts>();
        string? chosen = context.Request.Query["lang"].FirstOrDefault() ?? context.Request.Cookies[Cookie];
        return chosen is not null && texts.Offered.Contains(chosen) ? chosen : Languages.Choose(context.Request.Headers.AcceptLanguage, texts.Offered);
    }

    /// <summary>BCP 47 tag.</summary>
    public string Language { get; }

    /// <summary>Path of the page being made.</summary>
    public string Path { get; }

    /// <summary>Number of the item that a form without script has just had saved.</summary>
    public long? SavedNumber { get; }

    /// <summary>It was saved without its photo or sound, for which there was no room.</summary>
    public bool WithoutFile { get; }

    public (string? Class, int? Number) Seat { get; }

    /// <summary>Languages to switch to, each with its name in its own script.</summary>
    public IEnumerable<(string Language, string OwnName)> Offered => _texts.Offered.Select(language => (language, _texts.Get(language, "language.name")));

    public string this[string key] => _texts.Get(Language, key);

    public string Format(string key, params object[] arguments) => _texts.Format(Language, key, arguments);

    public string In(LocalText text) => text.In(Language);
}
