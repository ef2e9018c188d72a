using System.Net;
using TestKit.World;

namespace EdgeBench.Store;

/// <summary>The library's page of a running box, as a phone asks for it: first look, search, filters, deep pages. From the question to the last byte.</summary>
internal static class LibraryPages
{
    private const int Rounds = 12;

    private static readonly string[] Searches =
    [
        "?q=分数", "?q=分", "?q=课", "?q=第一课", "?q=光合作用", "?q=frac", "?q=geometry+lesson", "?q=练习", "?q=p", "?q=nothing+like+it",
        "?q=课&kind=Video", "?q=分数&language=en", "?q=方程&grade=10", "?q=元素+elements&subject=化学",
    ];

    private static readonly string[] Filters = ["?subject=数学", "?subject=数学&grade=7", "?collection=Collection+7", "?kind=Video", "?subject=语文&page=40", "?page=2000"];

    public static async Task<Figure[]> MeasureAsync(BoxNode box, CancellationToken cancellationToken)
    {
        Report.Say("Asking for the library's page");
        double[] first = await TimesAsync(box, [""], 1, cancellationToken);
        List<double> plain = [.. await TimesAsync(box, [""], Rounds * 4, cancellationToken)];
        List<double> searches = [.. await TimesAsync(box, Searches, Rounds, cancellationToken)];
        List<double> filters = [.. await TimesAsync(box, Filters, Rounds, cancellationToken)];
        return
        [
            new("library page, the first one after a start", "ms", first),
            new("library page, plain: p50", "ms", [Figure.Quantile(plain, 0.5)]),
            new("library page, search: p50", "ms", [Figure.Quantile(searches, 0.5)]),
            new("library page, search: p99", "ms", [Figure.Quantile(searches, 0.99)], Bar.Max(300)),
            new("library page, search: slowest", "ms", [searches.Max()], Bar.Max(300)),
            new("library page, filters and deep pages: p50", "ms", [Figure.Quantile(filters, 0.5)]),
            new("library page, filters and deep pages: slowest", "ms", [filters.Max()], Bar.Max(300)),
        ];
    }

    private static async Task<double[]> TimesAsync(BoxNode box, string[] questions, int rounds, CancellationToken cancellationToken)
    {
        var times = new List<double>();
        for (int n = 0; n < questions.Length * rounds; n++)
        {
            long began = TimeProvider.System.GetTimestamp();
            using HttpResponseMessage page = await box.Http.GetAsync("/library" + questions[n % questions.Length], cancellationToken);
            string text = await page.Content.ReadAsStringAsync(cancellationToken);
            times.Add(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
            if (page.StatusCode != HttpStatusCode.OK || !text.Contains("</html>", StringComparison.Ordinal))
                throw new InvalidOperationException($"status {page.StatusCode}, {text.Length} letters");
        }
        return [.. times];
    }
}
