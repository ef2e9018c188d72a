using System.Text;
using System.Text.Json;

namespace Relay.Feedback;

/// <summary>All items that fit a filter, in open form, page by page: a million of them take no more memory than a thousand, and no long read holds the database.</summary>
/// <param name="store">The items.</param>
/// <param name="homePage">See <see cref="ExportOptions.HomePage"/>.</param>
internal sealed class FeedbackExport(FeedbackStore store, Uri homePage)
{
    /// <summary>A table in UTF-8 with its mark, which spreadsheets want.</summary>
    public async Task WriteCsvAsync(FeedbackFilter filter, Stream to, CancellationToken cancellationToken)
    {
        await using var writer = new StreamWriter(to, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true), leaveOpen: true);
        await writer.WriteAsync(FeedbackCsv.Head.AsMemory(), cancellationToken);
        foreach (FeedbackEntry entry in All(filter))
            await writer.WriteAsync(FeedbackCsv.Line(entry).AsMemory(), cancellationToken);
    }

    /// <summary>One array of statements: see <see cref="XapiStatement"/>.</summary>
    public async Task WriteXapiAsync(FeedbackFilter filter, Stream to, CancellationToken cancellationToken)
    {
        await using var json = new Utf8JsonWriter(to);
        json.WriteStartArray();
        foreach (FeedbackEntry entry in All(filter))
        {
            XapiStatement.Write(json, entry, homePage);
            if (json.BytesPending > PendingBytes)
                await json.FlushAsync(cancellationToken);
        }
        json.WriteEndArray();
    }

    private const int PendingBytes = 32 << 10;

    private IEnumerable<FeedbackEntry> All(FeedbackFilter filter)
    {
        filter = filter with { Order = FeedbackOrder.Arrival, Most = FeedbackStore.MaxEntries };
        while (store.Find(filter) is { IsEmpty: false } page)
        {
            foreach (FeedbackEntry entry in page)
                yield return entry;
            filter = filter with { AfterNumber = page[^1].Number };
        }
    }
}
