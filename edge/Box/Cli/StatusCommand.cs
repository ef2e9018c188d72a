using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace Edge.Box.Cli;

/// <summary><c>box status</c>: what the running box says of itself.</summary>
public static class StatusCommand
{
    public static Command Create()
    {
        var address = new Option<string>("--box")
        {
            Description = "Address of the box's site",
            DefaultValueFactory = _ => $"http://127.0.0.1:{Environment.GetEnvironmentVariable("Box__Port") ?? "8080"}",
        };
        var command = new Command("status", "Show school, link, packs and unsent answers of the running box") { address };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var http = new HttpClient { BaseAddress = new Uri(parsed.GetValue(address)!), Timeout = TimeSpan.FromSeconds(10) };
            string json = await http.GetStringAsync("/status.json", cancellationToken);
            if (parsed.GetValue(CommandLine.JsonOption))
                Console.Out.WriteLine(json);
            else
                Print(JsonElement.Parse(json), "");
            return 0;
        });
        return command;
    }

    private static void Print(JsonElement element, string indent)
    {
        foreach (JsonProperty property in element.EnumerateObject())
        {
            switch (property.Value.ValueKind)
            {
                case JsonValueKind.Object:
                    Console.Out.WriteLine($"{indent}{property.Name}");
                    Print(property.Value, indent + "  ");
                    break;
                case JsonValueKind.Array:
                    Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{indent}{property.Name} ({property.Value.GetArrayLength()})"));
                    foreach (JsonElement item in property.Value.EnumerateArray())
                        Console.Out.WriteLine($"{indent}  {item}");
                    break;
                default:
                    Console.Out.WriteLine($"{indent}{property.Name,-18}{property.Value}");
                    break;
            }
        }
    }
}
