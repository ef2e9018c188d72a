using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using Edge.Box.Identity;
using Edge.Core.Identity;

namespace Edge.Box.Cli;

/// <summary><c>box pin</c>: sets the PIN by which teachers change packs at this school. Whoever may write the box's data folder may set it.</summary>
public static class PinCommand
{
    public static Command Create()
    {
        var pin = new Argument<string?>("pin") { Description = "6 to 12 digits; without it one is drawn and printed", Arity = ArgumentArity.ZeroOrOne };
        var folder = new Option<string>("--data-folder")
        {
            Description = "The box's data folder",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable("Box__DataFolder") ?? new BoxOptions().DataFolder,
        };
        var command = new Command("pin", "Set the teachers' PIN of this box") { pin, folder };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string digits = parsed.GetValue(pin) ?? RandomNumberGenerator.GetInt32(1_000_000).ToString("D6", CultureInfo.InvariantCulture);
            if (!PinForm.IsTeachers(digits))
                throw new InvalidDataException($"a PIN has {PinForm.MinTeacherDigits} to {PinForm.MaxTeacherDigits} digits");
            await TeacherPin.SetAsync(Path.Combine(parsed.GetValue(folder)!, "identity"), digits, cancellationToken);
            Console.Out.WriteLine(parsed.GetValue(CommandLine.JsonOption) ? $$"""{"pin":"{{digits}}"}""" : $"The teachers' PIN is {digits}");
            return 0;
        });
        return command;
    }
}
