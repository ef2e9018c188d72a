using TestKit.Docs;
using Xunit;

namespace Relay.Tests.Docs;

public sealed class SettingsTests
{
    [Fact]
    public async Task Every_setting_and_its_default_stand_in_the_operations_guide() =>
        Assert.Null(await SettingsTable.OutOfStepAsync("relay", typeof(RelayServer).Assembly, TestContext.Current.CancellationToken));
}
