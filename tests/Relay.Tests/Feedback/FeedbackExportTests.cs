using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Dapper;
using Edge.Core.Feedback;
using Edge.Core.Identity;
using Edge.Durable;
using Microsoft.Extensions.Time.Testing;
using Relay.Feedback;
using TestKit.Disk;
using Xunit;

namespace Relay.Tests.Feedback;

/// <summary>What leaves the relay in open form, and how long those wait who asked.</summary>
public sealed partial class FeedbackExportTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);

    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new(Start);
    private readonly DurableDatabase _database;
    private readonly FeedbackStore _store;
    private readonly BoxId _box = BoxId.New();
    private ulong _number;

    public FeedbackExportTests()
    {
        _database = new DurableDatabase(_folder["relay.db"], FeedbackTables.Schema);
        _store = new FeedbackStore(_database, _time, (_, _, _, _) => { }, _ => { });
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_table_comes_back_as_it_was_and_nothing_in_it_is_a_formula()
    {
        string[] said = ["plain", "a, \"b\"\r\nc", "=HYPERLINK(\"http://x\")", "-1", "@now", "通分？"];
        foreach (string text in said)
            await AddAsync("hill", FeedbackKind.Question, text, Start);
        using var to = new MemoryStream();
        await Export().WriteCsvAsync(new FeedbackFilter(), to, Token);
        byte[] bytes = to.ToArray();
        Assert.Equal([0xef, 0xbb, 0xbf], bytes[..3]);
        string[][] rows = Rows(Encoding.UTF8.GetString(bytes.AsSpan(3)));
        Assert.Equal(said.Length + 1, rows.Length);
        Assert.All(rows, row => Assert.Equal(rows[0].Length, row.Length));
        int content = Array.IndexOf(rows[0], "content");
        Assert.Equal(["plain", "a, \"b\"\r\nc", "'=HYPERLINK(\"http://x\")", "'-1", "'@now", "通分？"], rows[1..].Select(row => row[content]));
    }

    [Fact]
    public async Task Statements_keep_the_rules_of_xapi_name_no_child_and_are_the_same_at_every_export()
    {
        foreach (FeedbackKind kind in Enum.GetValues<FeedbackKind>().Where(kind => kind != FeedbackKind.Usage))
            await AddAsync("hill", kind, kind == FeedbackKind.Attendance ? "" : "words \u0001 \"quoted\"", Start, subject: kind is FeedbackKind.PollAnswer or FeedbackKind.ShortAnswer ? "poll 1/a" : null);
        JsonElement first = await StatementsAsync();
        Assert.Equal(Enum.GetValues<FeedbackKind>().Length - 1, first.GetArrayLength());
        Assert.All(first.EnumerateArray(), CheckStatement);
        Assert.Distinct(first.EnumerateArray().Select(statement => statement.GetProperty("id").GetString()));
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(first.GetRawText(), (await StatementsAsync()).GetRawText());
    }

    [Fact]
    public async Task More_items_than_one_page_are_all_exported_in_order()
    {
        for (int i = 0; i < FeedbackStore.MaxEntries + 3; i++)
            await AddAsync("hill", FeedbackKind.Question, i.ToString(CultureInfo.InvariantCulture), Start);
        await AddAsync("valley", FeedbackKind.Question, "other", Start);
        using var to = new MemoryStream();
        await Export().WriteCsvAsync(new FeedbackFilter(School: "hill"), to, Token);
        string[][] rows = Rows(Encoding.UTF8.GetString(to.ToArray().AsSpan(3)));
        int content = Array.IndexOf(rows[0], "content");
        Assert.Equal(Enumerable.Range(0, FeedbackStore.MaxEntries + 3).Select(i => i.ToString(CultureInfo.InvariantCulture)), rows[1..].Select(row => row[content]));
    }

    [Fact]
    public async Task Age_counts_from_the_asking_where_the_clock_was_known_else_from_the_arrival()
    {
        // Three arrive in one instant: asked a week ago by a good clock; "ten years ago" by one that nobody set; and "tomorrow" by a good clock that is ahead.
        await AddAsync("hill", FeedbackKind.Question, "clock ahead", Start.AddDays(1));
        await AddAsync("hill", FeedbackKind.Question, "no clock", Start.AddYears(-10), TimeQuality.Floor);
        await AddAsync("hill", FeedbackKind.Question, "late", Start.AddDays(-7));
        Assert.Equal(["late", "clock ahead", "no clock"], _store.Find(new FeedbackFilter(Order: FeedbackOrder.Oldest)).Select(entry => entry.Content));
        Assert.Equal(["clock ahead", "no clock"], _store.Find(new FeedbackFilter(Order: FeedbackOrder.Oldest, Skip: 1)).Select(entry => entry.Content));
        Assert.Equal(["late"], _store.Find(new FeedbackFilter(AskedBefore: Start.AddDays(-1))).Select(entry => entry.Content));
        _time.Advance(TimeSpan.FromHours(2));
        AgeRow row = Assert.Single(Ages());
        Assert.Equal((3, 2.0, 170.0, 170.0, 0, null), (row.Open, row.OpenMedian, row.OpenNinety, row.OpenOldest, row.Replied, row.RepliedMedian));
        await _store.ReplyAsync(3, FeedbackState.Answered, "Because.", Token);
        row = Assert.Single(Ages());
        Assert.Equal((2, 2.0, 1, 170.0), (row.Open, row.OpenOldest, row.Replied, row.RepliedMedian));
    }

    [Fact]
    public async Task The_age_report_is_the_same_in_whatever_order_the_links_bring_the_items()
    {
        (string School, DateTimeOffset At)[] asked = [.. Enumerable.Range(0, 12).Select(i => (i % 3 == 0 ? "hill" : "valley", Start.AddHours(-i * i)))];
        foreach ((string school, DateTimeOffset at) in asked)
            await AddAsync(school, FeedbackKind.Question, "?", at);
        AgeRow[] before = Ages();
        await _database.WriteAsync((connection, transaction) => connection.Execute("DELETE FROM feedback", transaction: transaction), Token);
        foreach ((string school, DateTimeOffset at) in asked.Reverse())
            await AddAsync(school, FeedbackKind.Question, "?", at);
        Assert.Equal(before, Ages());
        Assert.Equal(["hill", "valley"], before.Select(row => row.School));
    }

    public void Dispose()
    {
        _database.Dispose();
        _folder.Dispose();
    }

    private AgeRow[] Ages() => [.. new FeedbackAges(_database, _time).Rows()];

    private FeedbackExport Export() => new(_store, new Uri("https://schools.example/"));

    private async Task<JsonElement> StatementsAsync()
    {
        using var to = new MemoryStream();
        await Export().WriteXapiAsync(new FeedbackFilter(), to, Token);
        return JsonElement.Parse(to.ToArray());
    }

    private Task AddAsync(string school, FeedbackKind kind, string text, DateTimeOffset given, TimeQuality quality = TimeQuality.Relay, string? subject = null)
    {
        var item = new FeedbackItem(new ItemId(1, ++_number), kind, FeedbackPriority.Normal, "maths-3a", 12, new Seat("3A", 12, SeatRole.Pupil), subject, text,
            new ItemTime(1, 2, given.ToUnixTimeMilliseconds(), quality));
        return _database.WriteAsync((connection, transaction) => FeedbackStore.Add(connection, transaction, _box, school, 1, (long)_number, item, _time.GetUtcNow()), Token);
    }

    /// <summary>xAPI 1.0.3, part 2: 2.1 (which properties), 2.2 (no nulls), 2.4 (each of them), 4 (identifiers, language maps, times).</summary>
    private static void CheckStatement(JsonElement statement)
    {
        CheckNoNull(statement);
        CheckNames(statement, ["id", "actor", "verb", "object"], ["result", "context", "timestamp", "version"]);
        Assert.Matches(Uuid(), statement.GetProperty("id").GetString()!);
        JsonElement actor = statement.GetProperty("actor"), account = actor.GetProperty("account");
        CheckNames(actor, ["account"], ["objectType"]);
        Assert.Equal("Agent", actor.GetProperty("objectType").GetString());
        CheckNames(account, ["homePage", "name"], []);
        CheckIri(account.GetProperty("homePage").GetString());
        Assert.Matches("^b[0-9a-z]+/3A/12$", account.GetProperty("name").GetString()!);
        JsonElement verb = statement.GetProperty("verb");
        CheckNames(verb, ["id", "display"], []);
        CheckIri(verb.GetProperty("id").GetString());
        Assert.All(verb.GetProperty("display").EnumerateObject(), word => Assert.Equal("en", word.Name));
        JsonElement activity = statement.GetProperty("object");
        CheckNames(activity, ["id"], ["objectType", "definition"]);
        CheckIri(activity.GetProperty("id").GetString());
        CheckNames(activity.GetProperty("definition"), [], ["type"]);
        CheckIri(activity.GetProperty("definition").GetProperty("type").GetString());
        if (statement.TryGetProperty("result", out JsonElement result))
            CheckNames(result, [], ["response"]);
        JsonElement context = statement.GetProperty("context");
        CheckNames(context, [], ["platform", "extensions"]);
        Assert.All(context.GetProperty("extensions").EnumerateObject(), extension => CheckIri(extension.Name));
        Assert.Matches(Iso8601(), statement.GetProperty("timestamp").GetString()!);
        Assert.Equal("1.0.3", statement.GetProperty("version").GetString());
    }

    private static void CheckNames(JsonElement of, string[] required, string[] allowed)
    {
        string[] names = [.. of.EnumerateObject().Select(property => property.Name)];
        Assert.Distinct(names);
        Assert.Empty(required.Except(names));
        Assert.Empty(names.Except(required).Except(allowed));
    }

    private static void CheckNoNull(JsonElement value)
    {
        Assert.NotEqual(JsonValueKind.Null, value.ValueKind);
        if (value.ValueKind == JsonValueKind.Object)
            Assert.All(value.EnumerateObject(), property => CheckNoNull(property.Value));
    }

    private static void CheckIri(string? text) => Assert.True(Uri.TryCreate(text, UriKind.Absolute, out Uri? iri) && iri.Scheme is "http" or "https" && !text!.Contains(' ', StringComparison.Ordinal), text);

    /// <summary>A reader of RFC 4180 of its own.</summary>
    private static string[][] Rows(string csv)
    {
        List<string[]> rows = [];
        List<string> row = [];
        var cell = new StringBuilder();
        bool quoted = false;
        for (int i = 0; i < csv.Length; i++)
        {
            char c = csv[i];
            if (quoted && c == '"' && i + 1 < csv.Length && csv[i + 1] == '"')
                cell.Append(csv[++i]);
            else if (c == '"')
                quoted = !quoted;
            else if (!quoted && c is ',' or '\n')
            {
                row.Add(cell.ToString());
                cell.Clear();
                if (c == '\n')
                {
                    rows.Add([.. row]);
                    row.Clear();
                }
            }
            else if (quoted || c != '\r')
                cell.Append(c);
        }
        Assert.False(quoted);
        Assert.Empty(row);
        return [.. rows];
    }

    [GeneratedRegex("^[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")]
    private static partial Regex Uuid();

    [GeneratedRegex(@"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$")]
    private static partial Regex Iso8601();
}
