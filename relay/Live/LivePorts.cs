namespace Relay.Live;

/// <summary>What the live lessons need from their neighbours.</summary>
/// <param name="Folder">Where segments lie, a folder per lesson.</param>
/// <param name="PlansChanged">Told after a lesson was scheduled, began or ended: plans and boxes must hear of it.</param>
public sealed record LivePorts(string Folder, Func<CancellationToken, Task> PlansChanged);
