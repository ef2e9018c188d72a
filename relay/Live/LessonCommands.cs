using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Edge.Core.Text;
using Relay.Cli;

namespace Relay.Live;

/// <summary><c>relay lesson schedule|list|end|events|camera</c>.</summary>
public static class LessonCommands
{
    /// <param name="time">Tells what "now" is.</param>
    /// <param name="readTime">Reads a time as people write it; null when it is none.</param>
    public static Command Create(TimeProvider time, Func<string, DateTimeOffset?> readTime)
    {
        var command = new Command("lesson", "Lessons: schedule, list, end, events, cameras");
        command.Subcommands.Add(Schedule(time, readTime));
        command.Subcommands.Add(List());
        command.Subcommands.Add(End());
        command.Subcommands.Add(Events());
        command.Subcommands.Add(CameraCommands.Create());
        return command;
    }

    private static Command Schedule(TimeProvider time, Func<string, DateTimeOffset?> readTime)
    {
        var file = new Option<FileInfo?>("--file") { Description = "JSON file as the staff API takes it (POST /api/lessons); the other options are not used then" };
        var id = new Option<string?>("--id") { Description = "Id: lower-case letters, digits, hyphens. That of a lesson to come changes it" };
        var title = new Option<string[]>("--title") { Description = "Title; several languages as en=… zh-Hans=…", Arity = ArgumentArity.OneOrMore };
        var @class = new Option<string>("--class") { Description = "Class, such as 3A", DefaultValueFactory = _ => "all" };
        var subject = new Option<string>("--subject") { Description = "Subject", DefaultValueFactory = _ => "lesson" };
        var start = new Option<string>("--start") { Description = "\"now\", \"today 14:30\", \"tomorrow 08:00\", \"2026-03-02 08:00\" or ISO 8601 with offset", DefaultValueFactory = _ => "now" };
        var minutes = new Option<int>("--minutes") { Description = "Length in minutes", DefaultValueFactory = _ => 45 };
        var kit = new Option<string?>("--kit") { Description = "Id of the pack that stands in when the live picture is lost" };
        var school = new Option<string[]>("--school") { Description = "Id of a school that gets it; may be repeated. None: every school" };
        var bell = new Option<string[]>("--bell") { Description = "A school that shows it later than it is taught, as SCHOOL=time; may be repeated" };
        var source = new Option<string?>("--source") { Description = "Address that the relay fetches the stream from: rtsp, rtmp, srt, satip, http(s), udp or rtp. None: the encoder sends" };
        var boxSource = new Option<string[]>("--box-source") { Description = "Address that schools' own boxes take the stream from instead of the relay: udp, rtp, srt, satip, rtsp, rtmp or http(s); or SCHOOL=address for one school. May be repeated" };
        var poll = new Option<string[]>("--poll") { Description = "A poll as \"question|answer|answer\", or a question alone, to be answered in words; may be repeated" };
        var command = new Command("schedule", "Add a lesson to the timetable, or change one to come; prints where its encoder sends to")
        {
            file, id, title, @class, subject, start, minutes, kit, school, bell, poll, source, boxSource,
        };
        command.SetStaffAction(async (parsed, client, cancellationToken) =>
        {
            using HttpContent body = parsed.GetValue(file) is { } json
                ? new StringContent(await File.ReadAllTextAsync(json.FullName, cancellationToken), null, "application/json")
                : JsonContent.Create(new
                {
                    id = parsed.GetValue(id),
                    title = LocalWords.Read(parsed.GetValue(title) ?? []) ?? throw new CommandFailedException("a lesson needs a --title"),
                    @class = parsed.GetValue(@class),
                    subject = parsed.GetValue(subject),
                    start = Start(parsed.GetValue(start)!, time, readTime),
                    duration = TimeSpan.FromMinutes(parsed.GetValue(minutes)),
                    kit = parsed.GetValue(kit),
                    schools = parsed.GetValue(school) is { Length: > 0 } schools ? schools : null,
                    polls = parsed.GetValue(poll)?.Select(Poll).ToArray(),
                    bells = (parsed.GetValue(bell) ?? []).Select(text => Bell(text, time, readTime)).ToDictionary(),
                    boxSources = (parsed.GetValue(boxSource) ?? []).Select(BoxSource).ToDictionary(),
                    source = parsed.GetValue(source),
                });
            JsonElement answer = await client.PostAsync("/api/lessons", body, cancellationToken);
            CommandLine.Print(parsed, answer, $"lesson {answer.GetProperty("lesson").GetProperty("id").GetString()} is scheduled; its encoder sends to {client.AddressOf(answer.GetProperty("ingest").GetString()!)}"
                + $"\nits teacher's page: {client.AddressOf(answer.GetProperty("teach").GetString()!)}"
                + (answer.GetProperty("conflicts").EnumerateArray().Select(other => other.GetString()).ToArray() is { Length: > 0 } others
                    ? $"\nthe class has another lesson at that time: {string.Join(", ", others)}" : ""));
        });
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "The timetable, and how far lessons have come");
        command.SetStaffAction(async (parsed, client, cancellationToken) => CommandLine.PrintTable(parsed, await client.GetAsync("/api/lessons", cancellationToken),
            ("Lesson", row => row.GetProperty("lesson").GetProperty("id").GetString()!),
            ("Title", row => CommandLine.Local(row.GetProperty("lesson").GetProperty("title"))),
            ("Class", row => row.GetProperty("lesson").GetProperty("class").GetString()!),
            ("Start", row => row.GetProperty("lesson").GetProperty("start").GetDateTimeOffset().ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)),
            ("Stage", row => StageOf(row)),
            ("Published", row => TimeSpan.FromSeconds(row.GetProperty("edgeSeconds").GetDouble()).ToString(@"h\:mm\:ss", CultureInfo.InvariantCulture)),
            ("Ingest", row => client.AddressOf(row.GetProperty("ingest").GetString()!).ToString())));
        return command;
    }

    private static Command End()
    {
        var lesson = new Argument<string>("lesson") { Description = "Id of the lesson" };
        var command = new Command("end", "End a lesson: its recording is then complete") { lesson };
        command.SetStaffAction(async (parsed, client, cancellationToken) =>
        {
            JsonElement answer = await client.PostAsync($"/api/lessons/{Uri.EscapeDataString(parsed.GetValue(lesson)!)}/end", new { }, cancellationToken);
            CommandLine.Print(parsed, answer, $"lesson {parsed.GetValue(lesson)} is over ({StageOf(answer)})");
        });
        return command;
    }

    private static Command Events()
    {
        var lesson = new Argument<string>("lesson") { Description = "Id of the lesson" };
        var command = new Command("events", "What happened to a lesson's sound, the newest first") { lesson };
        command.SetStaffAction(async (parsed, client, cancellationToken) => CommandLine.PrintTable(parsed, await client.GetAsync($"/api/lessons/{Uri.EscapeDataString(parsed.GetValue(lesson)!)}/events", cancellationToken),
            ("At", row => row.GetProperty("at").GetDateTimeOffset().ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)),
            ("Sound", row => row.GetProperty("sound").GetString()!),
            ("Heard", row => row.GetProperty("camera").GetString()!)));
        return command;
    }

    private static string StageOf(JsonElement row) => row.GetProperty("lesson").GetProperty("stage").ToString();

    private static PollRequest Poll(string text)
    {
        string[] parts = text.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length is 0 or 2)
            throw new CommandFailedException($"--poll \"{text}\": a question is needed, alone or with at least two answers, parted by |");
        return new PollRequest(null, Local(parts[0]), [.. parts.Skip(1).Select(Local)], null);
    }

    private static KeyValuePair<string, DateTimeOffset> Bell(string text, TimeProvider time, Func<string, DateTimeOffset?> readTime) =>
        text.Split('=', 2) is [{ Length: > 0 } school, { Length: > 0 } at] ? KeyValuePair.Create(school, Start(at, time, readTime))
            : throw new CommandFailedException($"--bell \"{text}\": give it as SCHOOL=time");

    /// <summary>An address may hold = itself: a school's name stands before the first one and holds no colon.</summary>
    private static KeyValuePair<string, string> BoxSource(string text) =>
        text.Split('=', 2) is [{ Length: > 0 } school, { } address] && !school.Contains(':', StringComparison.Ordinal) ? KeyValuePair.Create(school, address) : KeyValuePair.Create(Lesson.AnySchool, text);

    private static LocalText Local(string text) => LocalText.Of(LocalWords.LanguageOf(text), text);

    private static DateTimeOffset Start(string text, TimeProvider time, Func<string, DateTimeOffset?> readTime) =>
        text == "now" ? time.GetUtcNow() : readTime(text)?.ToUniversalTime() ?? throw new CommandFailedException($"\"{text}\" is no time");
}
