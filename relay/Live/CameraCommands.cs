using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Relay.Cli;

namespace Relay.Live;

/// <summary><c>relay lesson camera list|add|choose|drop</c>.</summary>
internal static class CameraCommands
{
    private static readonly Argument<string> Lesson = new("lesson") { Description = "Id of the lesson" };
    private static readonly Argument<string> Which = new("camera") { Description = "Id of the camera; the first one is main" };

    public static Command Create()
    {
        var command = new Command("camera", "Cameras of a lesson: list, add, choose, drop");
        command.Subcommands.Add(List());
        command.Subcommands.Add(Add());
        command.Subcommands.Add(Choose());
        command.Subcommands.Add(Drop());
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "A lesson's cameras, what each gives, and which one classes see") { Lesson };
        command.SetStaffAction(async (parsed, client, cancellationToken) =>
        {
            JsonElement answer = await client.GetAsync($"/api/lessons/{Escaped(parsed, Lesson)}", cancellationToken);
            CommandLine.PrintTable(parsed, answer.GetProperty("cameras"),
                ("Camera", row => row.GetProperty("id").GetString()!),
                ("Name", row => row.GetProperty("name").GetString()!),
                ("Seen", row => row.GetProperty("onAir").GetBoolean() ? "on air" : row.GetProperty("chosen").GetBoolean() ? "chosen" : ""),
                ("Sound", row => Sound(row)),
                ("State", row => row.GetProperty("stage").GetString()!),
                ("SRT", row => row.GetProperty("srt") is { ValueKind: JsonValueKind.Object } srt
                    ? string.Create(CultureInfo.InvariantCulture, $"{srt.GetProperty("roundTripMilliseconds").GetDouble():0} ms, {srt.GetProperty("lostPercent").GetDouble():0.##} % lost, {srt.GetProperty("droppedPackets").GetInt64()} for good") : ""),
                ("Stream", row => row.GetProperty("source").GetString() ?? client.AddressOf(row.GetProperty("ingest").GetString()!).ToString()));
        });
        return command;
    }

    private static Command Add()
    {
        var name = new Option<string?>("--name") { Description = "What staff call it" };
        var source = new Option<string?>("--source") { Description = "Address that the relay fetches its stream from: rtsp, rtmp, srt, satip, http(s), udp or rtp. None: its encoder sends" };
        var spare = new Option<bool>("--spare") { Description = "Its sound stands in when that of the camera on air is lost or silent; the former spare is none then" };
        var command = new Command("add", "Add a camera to a lesson or change one; prints where its encoder sends to") { Lesson, Which, name, source, spare };
        command.SetStaffAction(async (parsed, client, cancellationToken) =>
        {
            string camera = parsed.GetValue(Which)!;
            JsonElement answer = await client.PutAsync($"/api/lessons/{Escaped(parsed, Lesson)}/cameras/{Escaped(parsed, Which)}",
                new { name = parsed.GetValue(name), source = parsed.GetValue(source), spare = parsed.GetValue(spare) }, cancellationToken);
            JsonElement added = answer.GetProperty("cameras").EnumerateArray().First(row => row.GetProperty("id").GetString() == camera);
            CommandLine.Print(parsed, answer, added.GetProperty("source").GetString() is { } from
                ? $"camera {camera}: the relay fetches {from}" : $"camera {camera}: its encoder sends to {client.AddressOf(added.GetProperty("ingest").GetString()!)}");
        });
        return command;
    }

    private static Command Choose()
    {
        var command = new Command("choose", "Have classes see this camera, from its next key frame on") { Lesson, Which };
        command.SetStaffAction(async (parsed, client, cancellationToken) =>
        {
            JsonElement answer = await client.PostAsync($"/api/lessons/{Escaped(parsed, Lesson)}/cameras/{Escaped(parsed, Which)}/choose", new { }, cancellationToken);
            CommandLine.Print(parsed, answer, $"camera {parsed.GetValue(Which)} is chosen");
        });
        return command;
    }

    private static Command Drop()
    {
        var command = new Command("drop", "Take a camera away") { Lesson, Which };
        command.SetStaffAction(async (parsed, client, cancellationToken) =>
        {
            JsonElement answer = await client.DeleteAsync($"/api/lessons/{Escaped(parsed, Lesson)}/cameras/{Escaped(parsed, Which)}", cancellationToken);
            CommandLine.Print(parsed, answer, $"camera {parsed.GetValue(Which)} is gone");
        });
        return command;
    }

    private static string Sound(JsonElement row) => string.Join(", ", ((string?[])
    [
        row.GetProperty("heard").GetBoolean() ? "heard" : null,
        row.GetProperty("spare").GetBoolean() ? "spare" : null,
        row.GetProperty("sound") is { ValueKind: JsonValueKind.Object } sound ? string.Create(CultureInfo.InvariantCulture, $"{sound.GetProperty("mean").GetDouble():0} dB") : null,
    ]).Where(word => word is not null));

    private static string Escaped(ParseResult parsed, Argument<string> argument) => Uri.EscapeDataString(parsed.GetValue(argument)!);
}
