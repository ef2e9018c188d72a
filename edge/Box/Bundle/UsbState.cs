using Edge.Core.Content;
using Microsoft.Extensions.Options;

namespace Edge.Box.Bundle;

/// <summary>What became of the last stick, for panel and pages. Written by the desk, read by all.</summary>
public sealed class UsbState(IOptions<UsbOptions> options, TimeProvider time)
{
    private volatile News? _news;
    private volatile bool _in;

    /// <summary>What to tell people now; null when no stick was in lately.</summary>
    public UsbBundleReport? Now => _news is { } news && (_in || news.Report.Outcome == UsbOutcome.Reading || time.GetElapsedTime(news.At) < options.Value.ShownFor) ? news.Report : null;

    internal void Tell(UsbBundleReport report) => _news = new News(report, time.GetTimestamp());

    /// <summary>Whether a stick is plugged in; what became of it is told for a while after it was pulled.</summary>
    internal void Present(bool present)
    {
        if (_in && !present && _news is { } news)
            _news = news with { At = time.GetTimestamp() };
        _in = present;
    }

    private sealed record News(UsbBundleReport Report, long At);
}
