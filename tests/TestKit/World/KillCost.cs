namespace TestKit.World;

/// <summary>What a <c>kill -9</c> in the middle of a fetch costs: bytes that the link delivered from one start of the box to the next, less those by which the box then lacks less.
/// All that is sent counts: handshakes, heads and lists too.</summary>
public sealed class KillCost
{
    /// <summary>Longer than what is on the way needs to arrive.</summary>
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(4);

    private readonly LinkWorld _world;
    private readonly string _pack;
    private long _delivered;
    private long _missing;

    private KillCost(LinkWorld world, string pack) => (_world, _pack) = (world, pack);

    /// <summary>When the box has begun to fetch <paramref name="pack"/>.</summary>
    public static async Task<KillCost> BeginAsync(LinkWorld world, string pack, CancellationToken cancellationToken)
    {
        var cost = new KillCost(world, pack) { _delivered = world.Link.Down.TcpBytes };
        cost._missing = await cost.MissingAsync(0, cancellationToken);
        return cost;
    }

    /// <summary>Kills the box, starts it again, and returns when it fetches on.</summary>
    /// <returns>Bytes that were paid for nothing.</returns>
    public async Task<long> KillAsync(CancellationToken cancellationToken)
    {
        await _world.KillBoxAsync();
        int before = _world.MissingBytes(_pack).Count;
        // What was on the way still comes, for nothing.
        await Task.Delay(Drain, TimeProvider.System, cancellationToken);
        long delivered = _world.Link.Down.TcpBytes;
        await _world.StartBoxAsync(cancellationToken);
        long missing = await MissingAsync(before, cancellationToken);
        long wasted = delivered - _delivered - (_missing - missing);
        (_delivered, _missing) = (delivered, missing);
        return wasted;
    }

    /// <summary>What it lacks when it begins to fetch once more than <paramref name="before"/>.</summary>
    private async Task<long> MissingAsync(int before, CancellationToken cancellationToken)
    {
        await Eventually.Async(
            () => Task.FromResult(_world.MissingBytes(_pack).Count > before), "the box fetches", cancellationToken, TimeSpan.FromMinutes(1), () => _world.Output);
        return _world.MissingBytes(_pack)[before];
    }
}
