using System.Diagnostics;
using TestKit.Disk;
using TestKit.Processes;
using Xunit;

namespace EndToEnd.Usb;

/// <summary>The appliance's rule for sticks, asked as udev itself would: among all rules of the system, in their order. A loop device stands for the stick.</summary>
public sealed class UdevRuleTests : IDisposable
{
    private const string Rules = "90-edge-usb.rules";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("usb", "vfat", true)]
    [InlineData("usb", "exfat", true)]
    [InlineData("usb", "ext4", false)]
    [InlineData("ata", "vfat", false)]
    public void A_stick_with_a_plain_file_system_is_mounted_and_nothing_else_is(string bus, string fileSystem, bool mounted)
    {
        Assert.SkipWhen(LoopDisk.Trouble() is not null, $"no stick can be made: {LoopDisk.Trouble()}");
        Assert.SkipUnless(File.Exists("/usr/bin/udevadm"), "udevadm is not installed");
        string image = _folder.Write("stick.img", []);
        using (FileStream file = File.OpenWrite(image))
            file.SetLength(32 << 20);
        Run($"mkfs.{fileSystem}", fileSystem == "ext4" ? ["-q", "-F", image] : [image]);
        string device = Path.GetFileName(Run("losetup", "--find", "--show", image).Trim());
        try
        {
            // What the system finds out about a real stick's bus, a loop device cannot have.
            string rules = Path.GetDirectoryName(_folder.Write("rules/10-bus.rules", $"KERNEL==\"{device}\", ENV{{ID_BUS}}=\"{bus}\"\n"))!;
            File.Copy(Path.Combine(Repository.Root, "hardware", "image", Rules), Path.Combine(rules, Rules));
            string found = Run("unshare", "--mount", "sh", "-c", $"mkdir -p /etc/udev/rules.d && mount --bind {rules} /etc/udev/rules.d && udevadm test --action=add /sys/block/{device} 2>&1");
            Assert.Contains($"ID_FS_TYPE={fileSystem}", found, StringComparison.Ordinal);
            Assert.Equal(mounted, found.Contains($"SYSTEMD_WANTS=edge-usb@{device}.service", StringComparison.Ordinal));
        }
        finally
        {
            Run("losetup", "--detach", $"/dev/{device}");
        }
    }

    private static string Run(string tool, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(tool, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new IOException($"{tool} {string.Join(' ', arguments)} ended with {process.ExitCode}: {output}");
    }
}
