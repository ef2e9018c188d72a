using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Core.Identity;

namespace Edge.Box.Content;

/// <summary>Takes in what a stick holds, by the way that everything takes: lists through <see cref="ListStore"/>, then what they want, chunk by chunk, each checked against its name.
/// It only fills the store; <see cref="PackFetcher"/> shows what is whole. Whatever came before the stick was pulled is kept.</summary>
public sealed class UsbBundleImport(ListStore lists, ErrataStore errata, DiskChunkStore store, PackRoom room, PackLibrary library, Func<string?> school, ILogger<UsbBundleImport> log)
{
    /// <summary>Bytes put on disk together. A stick can be read again, so a power cut may cost more here than on the link.</summary>
    private const int CommitBytes = 4 << 20;

    /// <summary>Reads one stick.</summary>
    /// <param name="stick">The stick.</param>
    /// <param name="progress">Told as it goes on.</param>
    /// <param name="cancellationToken">Ends the reading; what came is kept.</param>
    /// <returns>What came of it, and the head when there is a whole one for this school.</returns>
    /// <exception cref="IOException">This box's own disk.</exception>
    public async Task<(UsbBundleReport Report, UsbBundleHead? Head)> RunAsync(UsbStick stick, IProgress<UsbBundleReport>? progress, CancellationToken cancellationToken)
    {
        var run = new Run(lists, errata, store, room, library, school, stick, progress);
        try
        {
            return (await run.AllAsync(cancellationToken), run.Head);
        }
        catch (StickLostException e)
        {
            log.UsbPulled(e.Message);
            return (run.Report with { Outcome = UsbOutcome.Pulled }, null);
        }
        catch (StoreFullException e)
        {
            log.StoreFull(e.RoomBytes, e.NeededBytes);
            return (run.Report with { Outcome = UsbOutcome.Full }, run.Head);
        }
    }

    private sealed class Run(ListStore lists, ErrataStore errata, DiskChunkStore store, PackRoom room, PackLibrary library, Func<string?> school, UsbStick stick, IProgress<UsbBundleReport>? progress)
    {
        private readonly HashSet<int> _counted = [];
        private long _countedBytes;
        private readonly HashSet<ChunkId> _shownDamaged = [];

        public UsbBundleReport Report { get; private set; } = new(UsbOutcome.Reading);

        public UsbBundleHead? Head { get; private set; }

        public async Task<UsbBundleReport> AllAsync(CancellationToken cancellationToken)
        {
            if (lists.Current is null || school() is not { } ours)
                return new UsbBundleReport(UsbOutcome.NotClaimed);
            (bool exists, Head) = await stick.HeadAsync(ours, cancellationToken);
            if (Head is null)
                return new UsbBundleReport(exists ? UsbOutcome.NotWhole : stick.HasAnyHead ? UsbOutcome.OtherSchool : UsbOutcome.NoBundle);
            Tell(Report with { TotalBytes = Head.VolumeBytes });
            bool refused = await ListsAsync(Head, cancellationToken);
            // Behind the root lists, by which they are judged.
            if (await stick.ErrataAsync(cancellationToken) is { } records && await errata.AcceptAsync(records, ErrataRoute.Stick, cancellationToken) is > 0 and int taken)
                Tell(Report with { NewLists = Report.NewLists + taken });
            await PacksAsync(Head, cancellationToken);
            return Report.Ended(refused);
        }

        /// <returns>True when a list was not signed by whom this box trusts.</returns>
        private async Task<bool> ListsAsync(UsbBundleHead head, CancellationToken cancellationToken)
        {
            bool refused = false;
            foreach (UsbBundleList list in head.Lists)
            {
                if (await stick.ReadAsync(new UsbBundleObject(list.Id, list.LengthBytes), cancellationToken) is not { } bytes)
                {
                    Tell(Report with { Damaged = Report.Damaged + 1 });
                    continue;
                }
                switch (await lists.AcceptAsync(bytes, list.Kind, cancellationToken))
                {
                    case ListVerdict.Accepted:
                        Tell(Report with { NewLists = Report.NewLists + 1 });
                        break;
                    case ListVerdict.Untrusted or ListVerdict.Malformed:
                        refused = true;
                        break;
                }
            }
            return refused;
        }

        private async Task PacksAsync(UsbBundleHead head, CancellationToken cancellationToken)
        {
            if (lists.Current is not { Catalogue: { } catalogue, Plan: { } plan })
                return;
            Dictionary<ChunkId, UsbBundlePack> carried = [];
            foreach (UsbBundlePack pack in head.Packs)
                carried.TryAdd(pack.Manifest, pack);
            foreach (FetchGoal goal in FetchPlan.Goals(plan, catalogue))
            {
                if (!carried.TryGetValue(goal.Manifest, out UsbBundlePack? pack))
                    continue;
                bool whole = await PackAsync(head, goal, pack, cancellationToken);
                Count(head, pack);
                Tell(Report with { Packs = Report.Packs + 1, WholePacks = Report.WholePacks + (whole ? 1 : 0) });
            }
        }

        /// <returns>True when every chunk of the version is here.</returns>
        private async Task<bool> PackAsync(UsbBundleHead head, FetchGoal goal, UsbBundlePack pack, CancellationToken cancellationToken)
        {
            bool shown = library.VersionOf(goal.Pack)?.Id == goal.Manifest;
            if (shown && store.Lost.IsEmpty)
                return true;
            if (store.Missing([goal.Manifest]).Count > 0)
                await MakeRoomAsync(goal, pack.ManifestBytes, cancellationToken);
            if (await ObjectAsync(new UsbBundleObject(goal.Manifest, pack.ManifestBytes), cancellationToken) is not { } bytes)
                return false;
            if (Manifest.Read(bytes, out _) is not { } manifest || manifest.Pack != goal.Pack || manifest.Version != goal.Version)
                return false;
            ChunkId[] recipes = [.. manifest.Files.Where(file => file.Recipe is not null).Select(file => file.Recipe!.Value)];
            Places? places = null;
            if (store.Missing(recipes) is { Count: > 0 } missingRecipes)
            {
                places ??= await PlacesAsync(head, pack, cancellationToken);
                if (!await ChunksAsync(goal, places, missingRecipes, cancellationToken))
                    return false;
            }
            var chunks = new HashSet<ChunkId>();
            foreach (PackFile file in manifest.Files)
            {
                Recipe? recipe = file.Recipe is not { } id ? file.RecipeOfOneChunk : await store.ReadAsync(id, cancellationToken) is { } recipeBytes ? Recipe.Read(recipeBytes) : null;
                if (recipe is null)
                    return false;
                chunks.UnionWith(recipe.Chunks.Select(chunk => chunk.Id));
            }
            await store.HoldAsync(goal.Pack, goal.Version, goal.Manifest, [goal.Manifest, .. recipes, .. chunks], cancellationToken);
            List<ChunkId> missing = store.Missing(chunks);
            if (missing.Count == 0)
                return true;
            places ??= await PlacesAsync(head, pack, cancellationToken);
            return await ChunksAsync(goal, places, missing, cancellationToken);
        }

        /// <summary>Where on the stick the chunks of one version lie.</summary>
        private async Task<Places> PlacesAsync(UsbBundleHead head, UsbBundlePack pack, CancellationToken cancellationToken)
        {
            var places = new Places([], []);
            foreach (int place in pack.Volumes)
            {
                VolumeRef volume = head.Volumes[place];
                if (await stick.ReadAsync(new UsbBundleObject(volume.Index, volume.IndexBytes), cancellationToken) is not { } bytes
                    || VolumeIndex.Read(bytes) is not { } index || index.VolumeBytes != volume.LengthBytes)
                {
                    Tell(Report with { Damaged = Report.Damaged + 1 });
                    continue;
                }
                places.Where.Add(KeyValuePair.Create(volume.Id, index));
                places.Volumes[volume.Id] = volume;
            }
            return places;
        }

        /// <summary>Reads chunks off the stick in the order they lie in.</summary>
        /// <returns>True when all of them are here now.</returns>
        private async Task<bool> ChunksAsync(FetchGoal goal, Places places, List<ChunkId> missing, CancellationToken cancellationToken)
        {
            ImmutableArray<RangeFetch> ranges = FetchPlan.Ranges(missing, places.Where, out ImmutableArray<ChunkId> nowhere);
            await MakeRoomAsync(goal, ranges.Sum(range => range.Chunks.Sum(entry => (long)entry.StoredBytes)), cancellationToken);
            int wrong = 0;
            long read = 0;
            var batch = new List<ArrivedChunk>();
            int bytes = 0;
            try
            {
                foreach (RangeFetch range in ranges)
                {
                    byte[]? stretch = await stick.ReadAsync(places.Volumes[range.Volume], range.OffsetBytes, range.LengthBytes, cancellationToken);
                    if (stretch is null)
                        wrong += range.Chunks.Length;
                    foreach (VolumeEntry entry in stretch is null ? [] : range.Chunks)
                    {
                        ReadOnlyMemory<byte> stored = stretch.AsMemory(entry.OffsetBytes - range.OffsetBytes, entry.StoredBytes);
                        if (!Volume.IsSound(entry, stored.Span))
                        {
                            wrong++;
                            continue;
                        }
                        batch.Add(new ArrivedChunk(entry.Id, entry.Coding, entry.LengthBytes, stored));
                        bytes += entry.StoredBytes;
                    }
                    if (bytes >= CommitBytes)
                        await KeepAsync();
                    read += range.LengthBytes;
                    Tell(Report with { DoneBytes = Math.Min(Report.TotalBytes, _countedBytes + read) });
                }
            }
            finally
            {
                // Also when the stick was pulled or the program ends: it was read, and it is sound.
                await KeepAsync();
            }
            Tell(Report with { Damaged = Report.Damaged + wrong });
            return wrong + nowhere.Length == 0;

            async Task KeepAsync()
            {
                if (batch.Count == 0)
                    return;
                ArrivedChunk[] chunks = [.. batch];
                int kept = bytes;
                batch.Clear();
                bytes = 0;
                await store.AddAsync(chunks, CancellationToken.None);
                Tell(Report with { NewBytes = Report.NewBytes + kept });
            }
        }

        /// <exception cref="StoreFullException">All that is less wanted would not do; it stays.</exception>
        private async Task MakeRoomAsync(FetchGoal goal, long bytes, CancellationToken cancellationToken)
        {
            if (!await room.MakeAsync(goal.Pack, goal.Version, bytes, cancellationToken))
                throw new StoreFullException(store.RoomBytes, bytes);
        }

        /// <summary>A manifest: from the store, else from the stick and then kept.</summary>
        private async Task<byte[]?> ObjectAsync(UsbBundleObject item, CancellationToken cancellationToken)
        {
            if (await store.ReadAsync(item.Id, cancellationToken) is { } held)
                return held;
            if (await stick.ReadAsync(item, cancellationToken) is not { } bytes)
            {
                if (_shownDamaged.Add(item.Id))
                    Tell(Report with { Damaged = Report.Damaged + 1 });
                return null;
            }
            await store.AddAsync([ArrivedChunk.Plain(item.Id, bytes)], cancellationToken);
            Tell(Report with { NewBytes = Report.NewBytes + bytes.Length });
            return bytes;
        }

        private void Count(UsbBundleHead head, UsbBundlePack pack)
        {
            _countedBytes += pack.Volumes.Where(_counted.Add).Sum(place => (long)head.Volumes[place].LengthBytes);
            Tell(Report with { DoneBytes = _countedBytes });
        }

        private void Tell(UsbBundleReport report)
        {
            Report = report;
            progress?.Report(report);
        }
    }

    private sealed record Places(List<KeyValuePair<ChunkId, VolumeIndex>> Where, Dictionary<ChunkId, VolumeRef> Volumes);
}
