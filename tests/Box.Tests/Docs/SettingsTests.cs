using TestKit.Docs;
using Xunit;

namespace Edge.Box.Tests.Docs;

public sealed class SettingsTests
{
    [Fact]
    public async Task Every_setting_and_its_default_stand_in_the_operations_guide() =>
        Assert.Null(await SettingsTable.OutOfStepAsync("box", typeof(BoxServer).Assembly, TestContext.Current.CancellationToken));
}
