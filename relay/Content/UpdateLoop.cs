using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Zstandard;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Relay.Content;

/// <summary>Makes deltas and bundles to the newest version of each pack from the last few published ones, and drops those that are out of date.
/// What is missing is told by the tables alone, so a restart in the middle costs the pair that was being made.</summary>
public sealed class UpdateLoop(PackRegistry registry, UpdateTable updates, ContentStore store, IOptions<ContentOptions> options, TimeProvider time, ILogger<UpdateLoop> log) : BackgroundService
{
    private readonly SemaphoreSlim _wake = new(1, 1);
    private readonly Lock _gate = new();
    private readonly HashSet<(string, long, long)> _failed = [];
    private TaskCompletionSource _progress = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed record Wanted(string Pack, PackVersion To, PackVersion From);

    /// <summary>Says that there may be something to do.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            if (_wake.CurrentCount == 0)
                _wake.Release();
        }
    }

    /// <summary>Waits until all updates to this version were made or given up, or the patience of the settings is over.</summary>
    public async Task ReadyAsync(string pack, long version, CancellationToken cancellationToken)
    {
        Wake();
        using var patience = new CancellationTokenSource(options.Value.UpdateWait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            while (true)
            {
                Task progress;
                lock (_gate)
                    progress = _progress.Task;
                if (!Missing().Any(wanted => wanted.Pack == pack && wanted.To.Version == version))
                    return;
                await progress.WaitAsync(either.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // They come later; until then boxes take chunks.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await _wake.WaitAsync(stoppingToken);
            try
            {
                await RoundAsync(stoppingToken);
            }
            catch (Exception e) when (IsTrouble(e))
            {
                log.UpdatesTroubled(e.Message);
            }
        }
    }

    /// <summary>Does all that there is to do.</summary>
    internal async Task RoundAsync(CancellationToken cancellationToken)
    {
        await DropAsync(cancellationToken);
        while (Missing().FirstOrDefault() is { } wanted)
        {
            await TryAsync(wanted, cancellationToken);
            Progress();
        }
    }

    private async Task TryAsync(Wanted wanted, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Run(() => MakeAsync(wanted, cancellationToken), cancellationToken);
        }
        catch (Exception e) when (IsTrouble(e))
        {
            lock (_gate)
                _failed.Add((wanted.Pack, wanted.To.Version, wanted.From.Version));
            log.UpdateFailed(wanted.Pack, wanted.From.Version, wanted.To.Version, e.Message);
        }
    }

    /// <summary>The disk, or damage on it: boxes take chunks meanwhile, and the next news is the next try.</summary>
    private static bool IsTrouble(Exception e) => e is IOException or InvalidDataException or InvalidOperationException or SqliteException;

    private void Progress()
    {
        lock (_gate)
        {
            _progress.TrySetResult();
            _progress = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Pairs that should have updates: the newest version of each pack, from the newest published ones before it.</summary>
    private IEnumerable<Wanted> All() => registry.Versions().Where(version => version.Withdrawn is null).GroupBy(version => version.Pack)
        .Select(pack => pack.OrderByDescending(version => version.Version).ToArray())
        .SelectMany(versions => versions.Skip(1).Where(version => version.Published is not null).Take(options.Value.UpdatesFrom), (versions, from) => new Wanted(from.Pack, versions[0], from));

    private IEnumerable<Wanted> Missing()
    {
        HashSet<(string, long, long)> made = [.. updates.All().Where(update => update.BundleTried).Select(update => (update.Pack, update.Version, update.Listed.From))];
        lock (_gate)
            return [.. All().Where(wanted => (wanted.Pack, wanted.To.Version, wanted.From.Version) is var pair && !made.Contains(pair) && !_failed.Contains(pair))];
    }

    private async Task MakeAsync(Wanted wanted, CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        var source = ObjectSource.Of(store);
        VersionContent from = await VersionContent.LoadAsync(source, wanted.From.Manifest, cancellationToken);
        VersionContent to = await VersionContent.LoadAsync(source, wanted.To.Manifest, cancellationToken);
        using var packer = new ZstdPacker();
        ManifestDelta delta = await ManifestDelta.BuildAsync(from.Manifest, from.ManifestBytes, to.Manifest, to.ManifestBytes, to.ReadAny(from), (prefix, plain) => packer.Pack(prefix, plain).ToArray(), cancellationToken);
        byte[] deltaBytes = delta.ToBytes();
        if (deltaBytes.Length > ManifestDelta.MaxBytes)
            throw new InvalidDataException("the delta of the description is longer than the description");
        var deltaId = ChunkId.Of(deltaBytes);
        await store.PutAsync(deltaId, deltaBytes, cancellationToken);
        await updates.AddDeltaAsync(wanted.Pack, wanted.To.Version, wanted.From.Version, deltaId, deltaBytes.Length, cancellationToken);

        BuiltBundle bundle = await BundleBuilder.BuildAsync(from, to, packer, (id, bytes, token) => store.PutAsync(id, bytes, token), cancellationToken);
        var bundleId = ChunkId.Of(bundle.IndexBytes);
        if (bundle.Pays)
            await store.PutAsync(bundleId, bundle.IndexBytes, cancellationToken);
        else
            Delete(bundle.Index);
        await updates.SetBundleAsync(wanted.Pack, wanted.To.Version, wanted.From.Version, bundle.Pays ? bundleId : null, bundle.Pays ? bundle.LengthBytes : 0, bundle.AloneBytes, cancellationToken);
        log.UpdateMade(wanted.Pack, wanted.From.Version, wanted.To.Version, deltaBytes.Length, bundle.LengthBytes, bundle.AloneBytes, time.GetElapsedTime(started).TotalSeconds);
    }

    /// <summary>First out of the table, so that no list names an object that is gone; a box that is just fetching it goes on with chunks.</summary>
    private async Task DropAsync(CancellationToken cancellationToken)
    {
        HashSet<(string, long, long)> wanted = [.. All().Select(pair => (pair.Pack, pair.To.Version, pair.From.Version))];
        foreach (PackUpdate update in updates.All().Where(update => !wanted.Contains((update.Pack, update.Version, update.Listed.From))))
        {
            await updates.RemoveAsync(update, cancellationToken);
            ImmutableArray<PackUpdate> rest = updates.All();
            if (!rest.Any(other => other.Listed.Delta == update.Listed.Delta))
                store.Delete(update.Listed.Delta);
            if (update.Listed.Bundle is not { } bundle || rest.Any(other => other.Listed.Bundle == bundle))
                continue;
            if (await store.ReadAsync(bundle, BundleIndex.MaxBytes, cancellationToken) is { } bytes && BundleIndex.Read(bytes) is { } index)
                Delete(index);
            store.Delete(bundle);
        }
    }

    private void Delete(BundleIndex bundle)
    {
        foreach (BundleVolume volume in bundle.Volumes)
            store.Delete(volume.Id);
    }

    public override void Dispose()
    {
        _wake.Dispose();
        base.Dispose();
    }
}
