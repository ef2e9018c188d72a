using System.Runtime.ExceptionServices;
using Edge.Core.Content;
using Edge.Core.Sync;

namespace Edge.Box.Content;

/// <summary>One transfer: lanes, a connection each, take pieces of the work; beside them one loop watches over silence and the number of lanes.
/// The lanes share the work under a lock; the disk has a lock of its own, since it waits.</summary>
internal sealed class TransferRun(
    Transfer transfer, TransferWork work, IRangeSource source, PartialStore partial, LinkGate? gate, TransferPorts ports, ContentOptions options, TimeProvider time, CancellationTokenSource stop) : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LiveLook = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(250);

    /// <summary>Failures one after the other, without a byte between them, that end the transfer: the link refuses, it is not slow.</summary>
    private const int MaxFailures = 6;
    /// <summary>A new connection costs some 3 kB both ways: below this for each, fewer do.</summary>
    private const int LaneBytes = 64 << 10;
    private const int ReadBytes = 16 << 10;
    private const int TellBytes = 64 << 10;

    /// <summary>A few bytes are not worth the handshakes of many connections.</summary>
    private readonly int _mostLanes = (int)Math.Max(1, work.QueuedBytes / LaneBytes);
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _disk = new(1);
    private readonly List<Lane> _lanes = [];
    private readonly List<(ChunkId Id, VolumeEntry Entry, byte[] Stored)> _verified = [];
    private readonly RateMeter _meter = new(time);
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _trouble;
    private bool _interrupted;
    private int _failures;
    private int _wrong;
    private long _verifiedBytes;
    private long _cameBytes;
    private long _untoldBytes;
    private long? _heldSince;

    private int LanesWanted => Math.Min(transfer.Connections, _mostLanes);

    private bool Ending => _trouble is not null || _interrupted || stop.IsCancellationRequested;

    public async Task<TransferEnd> RunAsync()
    {
        Task<bool>? asking = null;
        try
        {
            foreach ((ChunkId id, VolumeEntry entry) in work.WholeAtStart.ToArray())
                await WholeAsync(id, entry, null);
            ports.Came(work.PlainBytes);
            (long At, long Bytes) progress = (time.GetTimestamp(), 0);
            while (await StartAsync())
            {
                asking ??= ports.Interrupt?.Invoke(stop.Token);
                await NewsAsync(asking);
                if (asking is { IsCompleted: true })
                {
                    // A list that could not be asked for is no reason to stop: the lanes find out whether the link works.
                    _interrupted |= asking.IsCompletedSuccessfully && await asking;
                    asking = null;
                }
                long came = Interlocked.Read(ref _cameBytes);
                if (came - progress.Bytes >= options.StallBytes || !AnyWaiting())
                    progress = (time.GetTimestamp(), came);
                else if (time.GetElapsedTime(progress.At) >= options.StallTime)
                    Fail(new IOException("the link stalled"));
                LeaveSilent();
                if (_meter.Look(came, Busy()) is { } rate)
                    transfer.LearnRate(rate, gate is { IsLimited: true });
                LookAtHold();
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(_lanes.Select(lane => lane.Task));
            if (asking is not null)
                await asking.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            // Also when the program is stopping: these bytes were paid for.
            await CommitAsync();
        }
        if (_trouble is not null)
            ExceptionDispatchInfo.Throw(_trouble);
        return new TransferEnd(_wrong, _interrupted);
    }

    public void Dispose() => _disk.Dispose();

    /// <summary>Starts lanes while there is work for more.</summary>
    /// <returns>False when none runs and none is needed.</returns>
    private async Task<bool> StartAsync()
    {
        int wanted = Ending ? 0 : LanesWanted;
        bool queued;
        lock (_gate)
            queued = work.QueuedBytes > 0;
        for (int i = 0; i < wanted && queued; i++)
        {
            if (i == _lanes.Count)
                _lanes.Add(new Lane(i));
            Lane lane = _lanes[i];
            if (lane.Task.IsCompleted)
            {
                // What ended it, if it was a bug, ends the transfer.
                await lane.Task;
                lane.Task = Task.Run(() => RunAsync(lane), CancellationToken.None);
                // The end of the lane itself is news: what it says before, it says while it still counts as running.
                _ = lane.Task.ContinueWith(_ => Volatile.Read(ref _news).TrySetResult(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }
            lock (_gate)
                queued = work.QueuedBytes > 0;
        }
        return _lanes.Exists(lane => !lane.Task.IsCompleted);
    }

    private async Task RunAsync(Lane lane)
    {
        for (int failures = 0; await TakeAsync(lane) is { } piece;)
        {
            using var asking = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
            try
            {
                await FetchAsync(lane, piece, asking);
                failures = 0;
            }
            catch (Exception) when (Ending)
            {
                // Cut off on purpose, or by the trouble that ends it all.
            }
            catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
            {
                if (lane.LeftForSilence)
                    continue;
                if (Interlocked.Increment(ref _failures) >= MaxFailures)
                    Fail(e);
                else
                    await PauseAsync(FirstRetry * Math.Pow(2, Math.Min(failures++, 3)));
            }
            finally
            {
                lock (_gate)
                    lane.Asking = null;
                Volatile.Read(ref _news).TrySetResult();
            }
        }
    }

    /// <summary>The next piece, as long as the rules of the link allow. They are asked before the relay is.</summary>
    private async Task<Piece?> TakeAsync(Lane lane)
    {
        while (IsWanted(lane))
        {
            int most = transfer.PieceBytes;
            if (gate is not null)
            {
                LinkAnswer answer = await gate.AskAsync(most, ports.Due, CancellationToken.None);
                Hold(lane, answer.Hold);
                if ((most = answer.BodyBytes) == 0)
                {
                    await PauseAsync(answer.Wait);
                    continue;
                }
            }
            Piece? piece;
            lock (_gate)
                piece = work.Next(ShareOf(lane), most);
            if (gate is not null)
                await gate.GiveBackAsync(most - piece?.Span.LengthBytes ?? most, asked: false);
            return piece;
        }
        Hold(lane, LinkHold.None);
        return null;
    }

    /// <summary>Under the lock of the work.</summary>
    private double ShareOf(Lane lane) => TransferWork.ShareOf(lane.Rate, [.. _lanes.Where(other => other != lane && other.Number < LanesWanted && !other.Task.IsCompleted).Select(other => other.Rate)]);

    private bool IsWanted(Lane lane)
    {
        lock (_gate)
            return !Ending && lane.Number < LanesWanted && work.QueuedBytes > 0;
    }

    private void Hold(Lane lane, LinkHold hold)
    {
        lock (_gate)
            lane.Hold = hold;
    }

    /// <summary>While no lane may have anything, the transfer ends after a while: then lists are asked for, and the rules may be others.</summary>
    private void LookAtHold()
    {
        lock (_gate)
        {
            LinkHold hold = _lanes.Exists(lane => lane.Hold == LinkHold.None && !lane.Task.IsCompleted) ? LinkHold.None : _lanes.Select(lane => lane.Hold).FirstOrDefault(hold => hold != LinkHold.None);
            _heldSince = hold == LinkHold.None ? null : _heldSince ?? time.GetTimestamp();
            if (_heldSince is { } since && time.GetElapsedTime(since) >= options.ListInterval)
                Fail(new LinkHeldException(hold));
        }
    }

    private async Task FetchAsync(Lane lane, Piece piece, CancellationTokenSource asking)
    {
        int at = piece.Span.From;
        long asked = Waits(lane, asking);
        try
        {
            using RangeAnswer? answer = await source.OpenAsync(piece, asking.Token);
            if (answer is null)
            {
                lock (_gate)
                    _wrong += work.Drop(piece.Id);
                return;
            }
            byte[] buffer = new byte[ReadBytes];
            while (at < piece.Span.To)
            {
                int read = await answer.Body.ReadAsync(buffer.AsMemory(0, Math.Min(buffer.Length, piece.Span.To - at)), asking.Token);
                if (read == 0)
                    throw new IOException("the relay broke off");
                if (at == piece.Span.From)
                    transfer.LearnFirstByte(time.GetElapsedTime(asked));
                Heard(lane);
                await DepositAsync(piece.Id, at, buffer.AsMemory(0, read));
                at += read;
                Interlocked.Add(ref _cameBytes, read);
                // Not read, it soon is not sent: the window is small.
                while (gate is { LiveNeedsLink: true } && !Ending)
                    await PauseAsync(LiveLook);
                Waits(lane, asking);
            }
        }
        finally
        {
            lock (_gate)
            {
                work.GiveBack(piece with { Span = piece.Span with { From = at } });
                lane.Learn(at - piece.Span.From, time.GetElapsedTime(asked));
            }
            if (gate is not null)
                await gate.GiveBackAsync(piece.Span.To - at, asked: true);
        }
    }

    /// <summary>Keeps what came, and takes out the chunks that are whole by it.</summary>
    private async Task DepositAsync(ChunkId id, int offset, ReadOnlyMemory<byte> bytes)
    {
        await _disk.WaitAsync(CancellationToken.None);
        try
        {
            List<(VolumeEntry Entry, ByteSpan Span)> cuts;
            lock (_gate)
                cuts = [.. work.Cut(id, new ByteSpan(offset, offset + bytes.Length))];
            foreach ((VolumeEntry entry, ByteSpan span) in cuts)
            {
                ReadOnlyMemory<byte> part = bytes.Slice(span.From - offset, span.LengthBytes);
                partial.Append(id, span.From, part.Span);
                bool whole;
                lock (_gate)
                    whole = work.Arrived(id, entry, span.LengthBytes);
                if (whole)
                    await WholeAsync(id, entry, part.Length == entry.StoredBytes ? part.ToArray() : null);
            }
            if (partial.UnflushedBytes >= options.CommitBytes)
                await CommitAsync();
            // What is not whole yet is made safe for itself when there is much of it.
            if (partial.UnflushedBytes >= options.CommitBytes / 2 && _verified.Count == 0)
                partial.Flush();
            if ((_untoldBytes += bytes.Length) >= TellBytes)
            {
                _untoldBytes = 0;
                ports.Came(work.PlainBytes);
            }
        }
        catch (Exception e)
        {
            // The disk: full, failing or read-only. No other lane can do better.
            Fail(e);
            throw;
        }
        finally
        {
            _disk.Release();
        }
    }

    /// <param name="id">Object it is part of.</param>
    /// <param name="entry">The chunk.</param>
    /// <param name="stored">Its bytes, when they came in one; else they are read back.</param>
    private async Task WholeAsync(ChunkId id, VolumeEntry entry, byte[]? stored)
    {
        if (stored is null && !partial.TryRead(id, entry.OffsetBytes, stored = new byte[entry.StoredBytes]))
        {
            partial.Forget(id, SpanOf(entry));
            lock (_gate)
                work.Again(id, entry);
            return;
        }
        if (!Volume.IsSound(entry, stored))
        {
            _wrong++;
            partial.Forget(id, SpanOf(entry));
            return;
        }
        _verified.Add((id, entry, stored));
        _verifiedBytes += stored.Length;
        if (_verifiedBytes >= options.CommitBytes)
            await CommitAsync();
    }

    /// <summary>Puts verified chunks into the store; only then are their partial bytes given up.</summary>
    private async Task CommitAsync()
    {
        if (_verified.Count == 0)
            return;
        (ChunkId Id, VolumeEntry Entry, byte[] Stored)[] chunks = [.. _verified];
        _verified.Clear();
        _verifiedBytes = 0;
        await ports.Keep([.. chunks.Select(chunk => new ArrivedChunk(chunk.Entry.Id, chunk.Entry.Coding, chunk.Entry.LengthBytes, chunk.Stored))]);
        foreach ((ChunkId id, VolumeEntry entry, _) in chunks)
            partial.Forget(id, SpanOf(entry));
    }

    /// <summary>The lane waits for the network from now on.</summary>
    private long Waits(Lane lane, CancellationTokenSource asking)
    {
        lock (_gate)
        {
            lane.Asking = asking;
            lane.LeftForSilence = false;
            return lane.SilentSince = time.GetTimestamp();
        }
    }

    private void Heard(Lane lane)
    {
        lock (_gate)
            (lane.Asking, lane.Silences) = (null, 0);
        Volatile.Write(ref _failures, 0);
    }

    private bool AnyWaiting()
    {
        lock (_gate)
            return _lanes.Exists(lane => lane.Asking is not null);
    }

    /// <summary>All lanes that may run have work, so that what comes is what the link gives to so many.</summary>
    private bool Busy()
    {
        lock (_gate)
            return work.QueuedBytes > 0 && _lanes.Count >= transfer.Connections;
    }

    /// <summary>A lane that heard nothing for too long gives its piece back and asks anew, on another connection.</summary>
    private void LeaveSilent()
    {
        lock (_gate)
        {
            bool atEnd = work.QueuedBytes == 0 && _lanes.Count(lane => lane.Task.IsCompleted) >= _lanes.Count(lane => !lane.Task.IsCompleted);
            foreach (Lane lane in _lanes.Where(lane => lane.Asking is not null && time.GetElapsedTime(lane.SilentSince) >= transfer.Patience(lane.Silences, atEnd)))
            {
                lane.Silences++;
                lane.LeftForSilence = true;
                lane.Asking!.Cancel();
                lane.Asking = null;
            }
        }
    }

    private void Fail(Exception e)
    {
        Interlocked.CompareExchange(ref _trouble, e, null);
        stop.Cancel();
    }

    /// <summary>Waits for the next look, or until something happened.</summary>
    private async Task NewsAsync(Task? asking)
    {
        using var limit = new CancellationTokenSource();
        Task tick = Task.Delay(Tick, time, limit.Token);
        // One that was answered at once is no news: the loop would not rest for as long as there is nothing to ask.
        await (asking is null or { IsCompleted: true } ? Task.WhenAny(tick, _news.Task) : Task.WhenAny(tick, _news.Task, asking));
        await limit.CancelAsync();
        if (_news.Task.IsCompleted)
            Volatile.Write(ref _news, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
    }

    private async Task PauseAsync(TimeSpan pause)
    {
        try
        {
            await Task.Delay(pause, time, stop.Token);
        }
        catch (OperationCanceledException)
        {
            // It ends anyway.
        }
    }

    private static ByteSpan SpanOf(VolumeEntry entry) => new(entry.OffsetBytes, entry.OffsetBytes + entry.StoredBytes);

    /// <summary>One connection's worth of work.</summary>
    private sealed class Lane(int number)
    {
        public int Number => number;

        public Task Task { get; set; } = Task.CompletedTask;

        /// <summary>Ends what it waits for; null while it waits for nothing from the network.</summary>
        public CancellationTokenSource? Asking { get; set; }

        /// <summary>Since when it waits.</summary>
        public long SilentSince { get; set; }

        /// <summary>Times in a row that it was left for silence.</summary>
        public int Silences { get; set; }

        public bool LeftForSilence { get; set; }

        /// <summary>Why the rules give it nothing; none when they do.</summary>
        public LinkHold Hold { get; set; }

        /// <summary>Bytes a second that its last pieces brought, waiting for the answer included; null before the first.</summary>
        public double? Rate { get; private set; }

        public void Learn(int bytes, TimeSpan took)
        {
            double rate = bytes / Math.Max(took.TotalSeconds, 0.001);
            Rate = Rate is { } former ? (former + rate) / 2 : rate;
        }
    }
}
