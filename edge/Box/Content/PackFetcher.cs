using System.Collections.Immutable;
using System.Runtime.ExceptionServices;
using Edge.Core.Content;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Microsoft.Extensions.Options;

namespace Edge.Box.Content;

/// <summary>Asks other boxes for chunks before the WAN is asked, and puts what they have on disk. It returns when they have no more, whatever they did.</summary>
/// <param name="missing">What is wanted.</param>
/// <param name="keep">Puts verified chunks on disk.</param>
/// <param name="cancellationToken">Ends the transfer.</param>
public delegate Task NeighbourFetch(IReadOnlyCollection<ChunkId> missing, Func<IReadOnlyList<ArrivedChunk>, Task> keep, CancellationToken cancellationToken);

/// <summary>Brings the store to what the signed lists want, in the plan's order: lists, manifest, indexes, recipes, chunks, then show.
/// Whatever arrived and was verified is kept, so each round goes on where the last one was cut off.</summary>
public sealed class PackFetcher(
    ListStore lists, ErrataStore errata, DiskChunkStore store, PackLibrary library, RelayContent relay, Transfer transfer, PackRoom room, IOptions<ContentOptions> options, TimeProvider time, ILogger<PackFetcher> log,
    NeighbourFetch? neighbours = null)
{
    private readonly UpdatePath _updates = new(store, library, transfer, options.Value.TakeBundles, log);
    private readonly HashSet<ChunkId> _false = [];
    private readonly HashSet<ChunkId> _unsigned = [];
    private long _listsAsked;

    /// <summary>One round: asks for lists, then works through the plan until all is there. What needs no link is done without one:
    /// a pack whose last byte came before the link went still shows.</summary>
    /// <returns>False when some pack could not be completed though the link works.</returns>
    /// <exception cref="IOException">The link, or the disk. The next round goes on.</exception>
    /// <exception cref="HttpRequestException">The link.</exception>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        Exception? trouble = null;
        try
        {
            await AskListsAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            trouble = e;
        }
        bool all = true;
        ImmutableArray<FetchGoal> goals = await GoalsAsync(cancellationToken);
        await room.AdoptAsync(goals, cancellationToken);
        for (int i = 0; i < goals.Length; i++)
        {
            FetchOutcome outcome = FetchOutcome.NoLink;
            try
            {
                outcome = await FetchAsync(goals[i], online: trouble is null, cancellationToken);
            }
            catch (Exception e) when (e is IOException or HttpRequestException)
            {
                trouble = e;
            }
            all &= outcome != FetchOutcome.Broken;
            if (outcome == FetchOutcome.PlanChanged)
                (goals, i) = (await GoalsAsync(cancellationToken), -1);
        }
        if (store.IsIndexMadeAnew)
            await ShowUnplannedAsync(cancellationToken);
        if (trouble is not null)
            ExceptionDispatchInfo.Throw(trouble);
        if (all)
            transfer.Forget();
        return all;
    }

    /// <summary>After the index was lost: of each pack that no plan names, the newest version that is whole in the store shows again. Not a byte is fetched for it.</summary>
    private async Task ShowUnplannedAsync(CancellationToken cancellationToken)
    {
        if (lists.Current is not { Catalogue: { } catalogue, Plan: { } plan } state)
            return;
        HashSet<string> planned = [.. plan.Packs.Select(pack => pack.Pack)];
        foreach (CataloguePack pack in catalogue.All.Where(pack => !planned.Contains(pack.Id) && library.VersionOf(pack.Id) is null))
        {
            CatalogueVersion? whole = null;
            foreach (CatalogueVersion version in pack.Versions.Reverse().Where(version => !version.Withdrawn && state.JudgeVersion(pack.Id, version) == PublishVerdict.Enough))
            {
                if (await IsWholeAsync(version.Manifest, cancellationToken))
                {
                    whole = version;
                    break;
                }
            }
            if (whole is not null)
                await FetchAsync(new FetchGoal(pack.Id, whole.Version, whole.Manifest, whole.ManifestBytes, null), online: false, cancellationToken);
        }
        store.ForgetIndexLoss();
    }

    private async Task<bool> IsWholeAsync(ChunkId id, CancellationToken cancellationToken)
    {
        if (await store.ReadAsync(id, cancellationToken) is not { } bytes || Manifest.Read(bytes, out _) is not { } manifest)
            return false;
        foreach (PackFile file in manifest.Files)
        {
            Recipe? recipe = file.Recipe is not { } named ? file.RecipeOfOneChunk : await store.ReadAsync(named, cancellationToken) is { } listed ? Recipe.Read(listed) : null;
            if (recipe is null || store.Missing(recipe.Chunks.Select(chunk => chunk.Id)).Count > 0)
                return false;
        }
        return true;
    }

    private enum FetchOutcome { Done, PlanChanged, Broken, NoLink }

    /// <summary>What is to be done, after what the lists take back is gone: planned versions that do not show, and shown ones that turned out damaged.</summary>
    private async Task<ImmutableArray<FetchGoal>> GoalsAsync(CancellationToken cancellationToken)
    {
        if (lists.Current is not { Catalogue: { } catalogue } state)
            return [];
        await library.ApplyAsync(catalogue, cancellationToken);
        ImmutableArray<FetchGoal> planned = state.Plan is { } plan ? FetchPlan.Goals(plan, catalogue) : [];
        library.KeepComing(planned.Select(goal => goal.Pack).ToHashSet());
        IEnumerable<FetchGoal> damaged = library.DamagedPacks.Select(pack => new FetchGoal(pack.Pack, pack.Version, pack.Id, catalogue.Find(pack.Pack, pack.Version)?.ManifestBytes ?? 0, null));
        return [.. damaged, .. library.NotShown(planned).Where(goal => IsAnsweredFor(goal, state))];
    }

    /// <summary>Whether those who must answer for a version have signed it. What shows already stays: only a withdrawal takes it back.</summary>
    private bool IsAnsweredFor(FetchGoal goal, ListState state)
    {
        PublishVerdict verdict = state.JudgeVersion(goal.Pack, state.Catalogue!.Find(goal.Pack, goal.Version)!);
        if (verdict != PublishVerdict.Enough && _unsigned.Add(goal.Manifest))
            log.PackNotAnsweredFor(goal.Pack, goal.Version, verdict);
        return verdict == PublishVerdict.Enough;
    }

    private async Task<FetchOutcome> FetchAsync(FetchGoal goal, bool online, CancellationToken cancellationToken)
    {
        if (_false.Contains(goal.Manifest))
            return FetchOutcome.Done;
        if (online && !await room.MakeAsync(goal.Pack, goal.Version, goal.ManifestBytes, cancellationToken))
            return NoRoom(goal);
        if (online)
            await _updates.DescribeAsync(goal, cancellationToken);
        if (await ObjectAsync(goal.Manifest, goal.ManifestBytes > 0 ? goal.ManifestBytes : null, ContentLimits.MaxManifestBytes, goal.Due is not null, online, cancellationToken) is not { } bytes)
            return !online ? FetchOutcome.NoLink : Broken(goal, "its manifest is missing or damaged at the relay");
        if (Manifest.Read(bytes, out string problem) is not { } manifest || manifest.Pack != goal.Pack || manifest.Version != goal.Version)
            return False(goal, problem.Length > 0 ? problem : "its manifest is for another version");
        Places? places = online ? new Places(manifest, goal.Due is not null, this) : null;

        ImmutableArray<ChunkId> recipeIds = [.. manifest.Files.Where(file => file.Recipe is not null).Select(file => file.Recipe!.Value)];
        await store.HoldAsync(goal.Pack, goal.Version, goal.Manifest, [goal.Manifest, .. recipeIds], cancellationToken);
        if (await FetchChunksAsync(goal, recipeIds, null, places, cancellationToken) is var recipes and not FetchOutcome.Done)
            return recipes;
        var table = new ChunkTable([]);
        foreach (PackFile file in manifest.Files)
        {
            Recipe? recipe = file.Recipe is not { } id ? file.RecipeOfOneChunk : await store.ReadAsync(id, cancellationToken) is { } recipeBytes ? Recipe.Read(recipeBytes) : null;
            if (recipe is null || recipe.LengthBytes != file.LengthBytes)
                return False(goal, $"{file.Path}: its recipe is wrong");
            table.Add(recipe);
        }
        await store.HoldAsync(goal.Pack, goal.Version, goal.Manifest, table.Chunks.Select(chunk => chunk.Id), cancellationToken);
        // Before a delta bundle is thought of: what a box next door has costs nothing.
        await AskNeighboursAsync(goal, table.Chunks, cancellationToken);
        if (places is not null && !await _updates.BundleAsync(goal, table, places.CostAsync, async (ranges, token) => await FetchRangesAsync(goal, ranges, null, token) is not null, cancellationToken))
            return FetchOutcome.PlanChanged;
        Dictionary<ChunkId, int> chunks = table.Chunks.ToDictionary(chunk => chunk.Id, chunk => chunk.LengthBytes);
        if (await FetchChunksAsync(goal, [.. chunks.Keys], chunks, places, cancellationToken) is var outcome and not FetchOutcome.Done)
            return outcome;

        long total = chunks.Values.Sum(length => (long)length);
        bool healing = library.VersionOf(goal.Pack)?.Id == goal.Manifest;
        if (!healing)
            library.Report(new PackReport(goal.Pack, goal.Version, PackHolding.Delivered, total, total));
        return healing ? FetchOutcome.Done : await library.ShowAsync(manifest, goal.Manifest, cancellationToken) switch
        {
            ShowOutcome.Shown or ShowOutcome.Waits => FetchOutcome.Done,
            ShowOutcome.Incomplete => Broken(goal, "chunks were damaged on disk"),
            _ => False(goal, "its chunks do not make up its files"),
        };
    }

    /// <summary>Fetches those that are missing, by few requests.</summary>
    /// <param name="goal">The version they belong to.</param>
    /// <param name="wanted">In the order needed.</param>
    /// <param name="lengths">Plain lengths, when progress is to be told.</param>
    /// <param name="places">Where chunks lie; null without a link.</param>
    /// <param name="cancellationToken">Ends the transfer.</param>
    private async Task<FetchOutcome> FetchChunksAsync(FetchGoal goal, ImmutableArray<ChunkId> wanted, Dictionary<ChunkId, int>? lengths, Places? places, CancellationToken cancellationToken)
    {
        if (lengths is null)
            await AskNeighboursAsync(goal, [.. wanted.Select(id => new ChunkRef(id, 0))], cancellationToken);
        List<ChunkId> missing = store.Missing(wanted);
        long total = lengths?.Values.Sum(length => (long)length) ?? 0;
        long left = lengths is null ? 0 : missing.Sum(id => (long)lengths[id]);
        bool shows = library.VersionOf(goal.Pack)?.Id == goal.Manifest;
        void Tell(long have)
        {
            if (lengths is not null && !shows)
                library.Report(new PackReport(goal.Pack, goal.Version, PackHolding.Fetching, have, total));
        }
        Tell(total - left);
        if (missing.Count == 0)
            return FetchOutcome.Done;
        if (places is null)
            return FetchOutcome.NoLink;
        if (lengths is not null && !await room.MakeAsync(goal.Pack, goal.Version, left, cancellationToken))
            return NoRoom(goal);
        if (!await places.LocateAsync(missing, cancellationToken))
            return Broken(goal, "an index of its volumes is missing or damaged at the relay");
        ImmutableArray<RangeFetch> ranges = FetchPlan.Ranges(missing, places.Known, out ImmutableArray<ChunkId> nowhere);
        if (lengths is not null)
            log.PackFetching(goal.Pack, goal.Version, left - transfer.HeldPlainBytes(ranges), total);
        if (await FetchRangesAsync(goal, ranges, came => Tell(total - left + came), cancellationToken) is not { } wrong)
            return FetchOutcome.PlanChanged;
        return wrong + nowhere.Length == 0 ? FetchOutcome.Done : Broken(goal, $"{wrong + nowhere.Length} chunks are missing or damaged at the relay");
    }

    /// <summary>Takes what other boxes on this LAN hold; also when the WAN is away.</summary>
    private async Task AskNeighboursAsync(FetchGoal goal, IReadOnlyList<ChunkRef> wanted, CancellationToken cancellationToken)
    {
        if (neighbours is null || store.Missing(wanted.Select(chunk => chunk.Id)) is not { Count: > 0 } missing)
            return;
        HashSet<ChunkId> lacking = [.. missing];
        if (await room.MakeAsync(goal.Pack, goal.Version, wanted.Where(chunk => lacking.Contains(chunk.Id)).Sum(chunk => (long)chunk.LengthBytes), cancellationToken))
            await neighbours(missing, chunks => store.AddAsync(chunks, CancellationToken.None), cancellationToken);
    }

    /// <summary>Fetches stretches of volumes into the store.</summary>
    /// <returns>How many chunks were missing or wrong; null when the plan changed meanwhile.</returns>
    private async Task<int?> FetchRangesAsync(FetchGoal goal, ImmutableArray<RangeFetch> ranges, Action<long>? came, CancellationToken cancellationToken)
    {
        var ports = new TransferPorts(chunks => store.AddAsync(chunks, CancellationToken.None), came ?? (_ => { }), PlanChangedAsync, goal.Due is not null);
        TransferEnd end = await transfer.RunAsync(ranges, ports, cancellationToken);
        return end.Interrupted ? null : end.Wrong;
    }

    /// <summary>Asks for lists during a transfer when it is time, so that something urgent need not wait for a long pack.</summary>
    private async Task<bool> PlanChangedAsync(CancellationToken cancellationToken)
    {
        if (time.GetElapsedTime(_listsAsked) < options.Value.ListInterval)
            return false;
        ListState? before = lists.Current;
        // Also when it fails: the next try is an interval away.
        _listsAsked = time.GetTimestamp();
        await AskListsAsync(cancellationToken);
        return !ReferenceEquals(before, lists.Current);
    }

    private async Task AskListsAsync(CancellationToken cancellationToken)
    {
        await WalkRootsAsync(cancellationToken);
        foreach (ListKind kind in (ListKind[])[ListKind.Catalogue, ListKind.Plan])
        {
            if (await relay.ListAsync(kind, lists.TagOf(kind), cancellationToken) is { } bytes)
                await lists.AcceptAsync(bytes, kind, cancellationToken);
        }
        while (await relay.ErrataAsync(errata.AskAfter, cancellationToken) is { } records && await errata.AcceptAsync(records, ErrataRoute.Link, cancellationToken) > 0)
        {
            // An answer brings as many as fit; the next one brings those behind them.
        }
        _listsAsked = time.GetTimestamp();
    }

    /// <summary>Asks for the next root, and the next: a box that slept for years walks them all. Kept in batches, so that a long walk writes little.</summary>
    private async Task WalkRootsAsync(CancellationToken cancellationToken)
    {
        const int Batch = 32;
        for (int walked = 0; walked < RootChain.MaxSteps; walked += Batch)
        {
            var roots = new List<byte[]>();
            long next = lists.VersionOf(ListKind.Root) + 1;
            while (roots.Count < Batch && await relay.RootAsync(next + roots.Count, cancellationToken) is { } bytes)
                roots.Add(bytes);
            if (roots.Count == 0 || await lists.AcceptRootsAsync(roots, cancellationToken) != ListVerdict.Accepted || roots.Count < Batch)
                return;
        }
    }

    /// <summary>A manifest or index: from the store, else from the relay and then kept.</summary>
    private async Task<byte[]?> ObjectAsync(ChunkId id, long? lengthBytes, int maxBytes, bool due, bool online, CancellationToken cancellationToken)
    {
        if (await store.ReadAsync(id, cancellationToken) is { } held)
            return held;
        if (neighbours is not null)
        {
            await neighbours([id], chunks => store.AddAsync(chunks, CancellationToken.None), cancellationToken);
            if (await store.ReadAsync(id, cancellationToken) is { } given)
                return given;
        }
        if (!online || await transfer.ObjectAsync(id, lengthBytes, maxBytes, due, cancellationToken) is not { } bytes)
            return null;
        await store.AddAsync([ArrivedChunk.Plain(id, bytes)], cancellationToken);
        return bytes;
    }

    private FetchOutcome Broken(FetchGoal goal, string reason)
    {
        log.PackBroken(goal.Pack, goal.Version, reason);
        return FetchOutcome.Broken;
    }

    /// <summary>All that is less wanted would not make room enough. What is smaller, or more wanted, still gets its turn.</summary>
    private FetchOutcome NoRoom(FetchGoal goal) => Broken(goal, "there is no room for it, and what else is here is wanted more");

    /// <summary>The version itself is wrong; asking again cannot help, so it is not asked for again until the program starts anew.</summary>
    private FetchOutcome False(FetchGoal goal, string reason)
    {
        _false.Add(goal.Manifest);
        return Broken(goal, reason);
    }

    /// <summary>Where a version's chunks lie; reads only as many indexes as are needed to find what is missing.</summary>
    private sealed class Places(Manifest manifest, bool due, PackFetcher fetcher)
    {
        private readonly List<KeyValuePair<ChunkId, VolumeIndex>> _known = [];
        private readonly HashSet<ChunkId> _found = [];

        public IReadOnlyList<KeyValuePair<ChunkId, VolumeIndex>> Known => _known;

        /// <summary>Bytes that these chunks take in their volumes; those that are nowhere count for nothing.</summary>
        public async Task<long> CostAsync(IReadOnlyList<ChunkId> wanted, CancellationToken cancellationToken)
        {
            await LocateAsync(wanted, cancellationToken);
            return FetchPlan.Ranges(wanted, _known, out _).Sum(range => (long)range.LengthBytes);
        }

        public async Task<bool> LocateAsync(IEnumerable<ChunkId> wanted, CancellationToken cancellationToken)
        {
            HashSet<ChunkId> left = [.. wanted.Except(_found)];
            foreach (VolumeRef volume in manifest.Volumes.Skip(_known.Count))
            {
                if (left.Count == 0)
                    return true;
                if (await fetcher.ObjectAsync(volume.Index, volume.IndexBytes, ContentLimits.MaxIndexBytes, due, online: true, cancellationToken) is not { } bytes
                    || VolumeIndex.Read(bytes) is not { } index || index.VolumeBytes != volume.LengthBytes)
                    return false;
                _known.Add(KeyValuePair.Create(volume.Id, index));
                foreach (VolumeEntry entry in index.Entries)
                {
                    _found.Add(entry.Id);
                    left.Remove(entry.Id);
                }
            }
            return true;
        }
    }
}
