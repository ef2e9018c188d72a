using Xunit;

namespace Relay.Tests.Console;

/// <summary>A signed-in visitor of a console with one pack.</summary>
public abstract class PackPageTest : IAsyncLifetime
{
    private protected ConsoleHost Host { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Host = await ConsoleHost.SignedInAsync();
        await Host.AddPackAsync("fractions", "Fractions", "one");
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Host.DisposeAsync();
    }
}
