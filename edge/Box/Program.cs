using System.CommandLine;
using Edge.Box;
using Edge.Box.Cli;

var root = new RootCommand("Box: keeps lessons at the school, shows them, and takes the answers back")
{
    CommandLine.JsonOption,
    BoxServer.RunCommand(),
    StatusCommand.Create(),
    ImportCommand.Create(),
    VerifyCommand.Create(),
    PinCommand.Create(),
};
return await CommandLine.RunAsync(root, args);
