using Microsoft.Playwright;

namespace EndToEnd.World;

/// <summary>Debian's Chromium, headless. Every request that leaves the site is noted: pages load nothing from outside.</summary>
public sealed class Browser : IAsyncDisposable
{
    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Browser(IPlaywright playwright, IBrowser browser)
    {
        _playwright = playwright;
        _browser = browser;
    }

    /// <param name="program">What is started; by default Debian's Chromium as it is.</param>
    public static async Task<Browser> StartAsync(string program = "/usr/bin/chromium")
    {
        IPlaywright playwright = await Playwright.CreateAsync();
        IBrowser browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = program,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--autoplay-policy=no-user-gesture-required",
            ],
        });
        return new Browser(playwright, browser);
    }

    /// <param name="site">Where the page's addresses begin.</param>
    /// <param name="width">CSS px; 360 is a small phone.</param>
    /// <param name="script">False: the Basic tier.</param>
    /// <param name="language">BCP 47 tag that the browser asks for.</param>
    public async Task<Visit> VisitAsync(Uri site, int width = 360, bool script = true, string language = "en")
    {
        IBrowserContext context = await _browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = site.ToString(),
            ViewportSize = new ViewportSize { Width = width, Height = width < 700 ? 740 : 900 },
            JavaScriptEnabled = script,
            Locale = language,
        });
        return new Visit(context, await context.NewPageAsync(), site);
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}

/// <summary>One person's browser with one page.</summary>
public sealed class Visit : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly List<string> _foreign = [];
    private readonly List<string> _errors = [];

    internal Visit(IBrowserContext context, IPage page, Uri site)
    {
        _context = context;
        Page = page;
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(site.ToString(), StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal) && !request.Url.StartsWith("blob:", StringComparison.Ordinal))
                _foreign.Add(request.Url);
        };
        page.PageError += (_, error) => _errors.Add(error);
    }

    public IPage Page { get; }

    /// <summary>Requests that left the site.</summary>
    public IReadOnlyList<string> Foreign => _foreign;

    /// <summary>Uncaught errors of scripts.</summary>
    public IReadOnlyList<string> Errors => _errors;

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();
}
