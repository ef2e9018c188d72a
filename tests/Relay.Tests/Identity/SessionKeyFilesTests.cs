using System.Text;
using System.Xml.Linq;
using Edge.Durable;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Identity;
using TestKit.Disk;
using Xunit;

namespace Relay.Tests.Identity;

public sealed class SessionKeyFilesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private SessionKeyFiles Files => new(_folder["sessions"], NullLogger<SessionKeyFiles>.Instance);

    [Fact]
    public void A_key_is_there_after_a_restart_and_for_the_relay_alone()
    {
        Assert.Empty(Files.GetAllElements());
        Files.StoreElement(new XElement("key", new XAttribute("id", "1")), "key-1");
        Assert.Equal("1", Assert.Single(Files.GetAllElements()).Attribute("id")!.Value);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder["sessions/key-1.xml"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("<key id=")]
    [InlineData("\0\0\0\0")]
    public async Task What_a_power_cut_left_of_a_key_is_set_aside_and_the_others_go_on(string left)
    {
        Files.StoreElement(new XElement("key", new XAttribute("id", "2")), "key-2");
        await DurableFile.WriteAsync(_folder["sessions/key-1.xml"], Encoding.UTF8.GetBytes(left), TestContext.Current.CancellationToken);
        Assert.Equal("2", Assert.Single(Files.GetAllElements()).Attribute("id")!.Value);
        Assert.True(File.Exists(_folder["sessions/key-1.xml.damaged"]));
        Assert.Single(Files.GetAllElements());
    }
}
