using System.Globalization;
using System.Text.RegularExpressions;
using TestKit.Live;

namespace EdgeBench.Live;

/// <summary>wrk, which asks for one address as fast as it is answered.</summary>
internal static partial class Wrk
{
    private const int Connections = 100;

    /// <summary>Answers per second.</summary>
    /// <exception cref="InvalidOperationException">wrk complained, or answers were no success.</exception>
    public static async Task<double> RateAsync(Uri address, TimeSpan span)
    {
        string said = await TestVideo.RunAsync("wrk", "-t1", $"-c{Connections}", string.Create(CultureInfo.InvariantCulture, $"-d{span.TotalSeconds:0}s"), "-H", "Accept-Encoding: gzip", address.ToString());
        if (said.Contains("Non-2xx", StringComparison.Ordinal) || said.Contains("Socket errors", StringComparison.Ordinal))
            throw new InvalidOperationException($"{address}: {said}");
        return double.Parse(Rate().Match(said).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"Requests/sec:\s+([0-9.]+)")]
    private static partial Regex Rate();
}
