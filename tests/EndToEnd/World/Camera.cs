using TestKit.Processes;

namespace EndToEnd.World;

/// <summary>The lead school's camera: ffmpeg with a burnt-in clock, as the demo runs it.</summary>
public sealed class Camera : IAsyncDisposable
{
    private readonly ServerProcess _process;

    private Camera(Uri ingest) => _process = new ServerProcess(Path.Combine(Repository.Root, "demo", "camera.sh"), [ingest.ToString()]);

    public static async Task<Camera> StartAsync(Uri ingest, CancellationToken cancellationToken)
    {
        var camera = new Camera(ingest);
        await camera._process.StartAsync(null, cancellationToken);
        return camera;
    }

    public string Output => _process.Output;

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
