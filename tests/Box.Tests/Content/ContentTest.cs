using TestKit.Content;
using TestKit.Disk;
using Xunit;

namespace Edge.Box.Tests.Content;

/// <summary>A test class with a folder for boxes and a relay's content beside it.</summary>
public abstract class ContentTest : IAsyncLifetime
{
    protected TempFolder Folder { get; } = new();

    protected ContentOrigin Origin { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Origin = await ContentOrigin.StartAsync();
        await PrepareAsync();
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Origin.DisposeAsync();
        Folder.Dispose();
    }

    /// <summary>What the origin has when each test begins.</summary>
    protected virtual ValueTask PrepareAsync() => ValueTask.CompletedTask;
}
