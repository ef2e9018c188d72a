using Edge.Box.Content;
using TestKit.Disk;

namespace Edge.Box.Tests.Content;

/// <summary>A disk that forgets: what was not flushed when the power goes survives sector by sector, by chance; names made or taken away survive up to some point, in their order.</summary>
internal sealed class SimulatedDisk(Random draw) : IStoreDisk
{
    private readonly Dictionary<int, byte[]> _durable = [];
    private readonly Dictionary<int, byte[]> _now = [];
    private readonly List<(int File, bool Made)> _names = [];
    private readonly HashSet<int> _durableNames = [];
    private readonly PowerSteps _steps = new();

    /// <summary>A disk that only says it flushed: the campaign must notice.</summary>
    public bool ForgetsFlushes { get; init; }

    /// <summary>A disk on which names of new files are lost though they were flushed.</summary>
    public bool ForgetsNames { get; init; }

    /// <summary>Files taken away: dead as a whole, or copied elsewhere.</summary>
    public int Deleted { get; private set; }

    /// <summary>Operations fail with an I/O error from here on, as on a full or read-only disk.</summary>
    public bool Refuses { get; set; }

    /// <summary>The power goes after so many step boundaries: each operation has one before it and one behind it.</summary>
    public void CutAfter(int steps) => _steps.CutAfter(steps);

    public IReadOnlyList<int> Files => [.. _now.Keys.Order()];

    public long Bytes => _now.Values.Sum(file => (long)file.Length);

    public int Read(int file, long offset, Span<byte> buffer)
    {
        if (!_now.TryGetValue(file, out byte[]? bytes) || offset >= bytes.Length)
            return 0;
        int length = (int)Math.Min(buffer.Length, bytes.Length - offset);
        bytes.AsSpan((int)offset, length).CopyTo(buffer);
        return length;
    }

    public ValueTask<int> ReadAsync(int file, long offset, Memory<byte> buffer, CancellationToken cancellationToken) => ValueTask.FromResult(Read(file, offset, buffer.Span));

    public void Write(int file, long offset, IReadOnlyList<ReadOnlyMemory<byte>> bytes)
    {
        Step();
        if (!_now.TryGetValue(file, out byte[]? held))
        {
            held = [];
            _names.Add((file, true));
        }
        byte[] written = [.. bytes.SelectMany(part => part.ToArray())];
        // A write that the cut falls into is there in part.
        int length = _steps.AtTheEnd ? draw.Next(written.Length + 1) : written.Length;
        if (held.Length < offset + length)
            Array.Resize(ref held, (int)offset + length);
        else
            held = [.. held];
        written.AsSpan(0, length).CopyTo(held.AsSpan((int)offset));
        _now[file] = held;
        Step();
    }

    public void Flush(int file)
    {
        Step();
        if (!ForgetsFlushes)
            _durable[file] = _now[file];
        Step();
    }

    public void FlushNames()
    {
        Step();
        if (!ForgetsNames)
            KeepNames(_names.Count);
        Step();
    }

    public void Delete(int file)
    {
        Step();
        if (_now.Remove(file))
        {
            _names.Add((file, false));
            Deleted++;
        }
        Step();
    }

    /// <summary>What a power cut leaves.</summary>
    public void LosePower()
    {
        KeepNames(draw.Next(_names.Count + 1));
        Dictionary<int, byte[]> written = new(_now);
        _now.Clear();
        foreach (int file in _durableNames)
        {
            byte[] old = _durable.GetValueOrDefault(file) ?? [];
            _now[file] = written.TryGetValue(file, out byte[]? last) ? PowerCut.Mixed(old, last, draw) : old;
        }
        _durable.Clear();
        foreach ((int file, byte[] bytes) in _now)
            _durable[file] = bytes;
        _names.Clear();
        _steps.Restore();
    }

    /// <summary>What <c>kill -9</c> leaves: the system still has all that was written.</summary>
    public void Restart() => _steps.Restore();

    private void KeepNames(int count)
    {
        foreach ((int file, bool made) in _names.Take(count))
        {
            if (made)
                _durableNames.Add(file);
            else
                _durableNames.Remove(file);
        }
        _names.RemoveRange(0, count);
        foreach (int gone in _durable.Keys.Where(file => !_durableNames.Contains(file) && !_now.ContainsKey(file)).ToArray())
            _durable.Remove(gone);
    }

    private void Step()
    {
        if (Refuses)
            throw new IOException("no space left on device");
        _steps.Step();
    }
}
