using System.Diagnostics;
using TestKit.Disk;
using TestKit.Identity;
using TestKit.Processes;
using Xunit;

namespace EndToEnd.BadInput;

/// <summary>A setting that is wrong: the program does not start, and one line says which setting it is.</summary>
public sealed class SettingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("edge/Box", "box", "run", "Box__Port", "99999", "Port")]
    [InlineData("edge/Box", "box", "run", "Box__Address", "house", "Address")]
    [InlineData("edge/Box", "box", "run", "Live__PollInterval", "banana", "Live:PollInterval")]
    [InlineData("edge/Box", "box", "run", "Identity__RelayUrl", "nonsense", "RelayUrl")]
    [InlineData("edge/Box", "box", "run", "Identity__AuthorityFile", "/missing/ca.pem", "/missing/ca.pem")]
    [InlineData("relay", "relay", "serve", "Relay__BoxPort", "-1", "BoxPort")]
    [InlineData("relay", "relay", "serve", "Sync__Broker", "Pigeon", "Sync:Broker")]
    [InlineData("relay", "relay", "serve", "Sync__BrokerAddress", "house", "BrokerAddress")]
    public async Task A_wrong_setting_ends_the_start_with_one_line_that_names_it(string project, string program, string verb, string setting, string value, string named)
    {
        using var folder = new TempFolder();
        using var authority = new TestCertificates();
        var start = new ProcessStartInfo("dotnet", [Repository.Program(project, program), verb]) { RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = folder.Path };
        start.Environment["Identity__AuthorityFile"] = folder.Write("ca.pem", authority.Authority.ExportCertificatePem());
        start.Environment[setting] = value;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(Token);
        string error = await process.StandardError.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        Assert.Equal((1, ""), (process.ExitCode, await output));
        Assert.Contains(named, Assert.Single(error.Trim().Split('\n')), StringComparison.Ordinal);
    }
}
