using Relay.Content;
using TestKit.Disk;

namespace Relay.Tests.Content;

/// <summary>A folder that forgets: what was not flushed when the power goes survives sector by sector, by chance; names made, changed or taken away survive up to some point, in their order.
/// While the power is there the files are real ones.</summary>
/// <param name="root">All of it lies in here.</param>
/// <param name="draw">Chance.</param>
internal sealed class SimulatedObjectDisk(string root, Random draw) : IObjectDisk
{
    /// <summary>One file, whatever its names are.</summary>
    private sealed class Node
    {
        public byte[] Durable { get; set; } = [];

        public byte[] Last { get; set; } = [];
    }

    /// <summary>Names that are given to a file (or null: taken away) in one step, and the folders in which this happens.</summary>
    private sealed record NameChange((string Path, Node? File)[] Names)
    {
        public bool IsIn(string folder) => Names.Any(name => Path.GetDirectoryName(name.Path) == folder);
    }

    private static readonly Node Folder = new();

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Node> _now = [];
    private readonly Dictionary<string, Node> _durable = [];
    private readonly List<NameChange> _changes = [];

    /// <summary>The step boundaries.</summary>
    public PowerSteps Steps { get; } = new();

    /// <summary>A disk that only says it flushed: the campaign must notice.</summary>
    public bool ForgetsFlushes { get; init; }

    /// <summary>A disk on which names are lost though they were flushed.</summary>
    public bool ForgetsNames { get; init; }

    public Stream Create(string path)
    {
        Steps.Step();
        var node = new Node();
        Change((path, node));
        var file = new SimulatedFile(this, node, new FileStream(path, FileMode.CreateNew, FileAccess.Write));
        Steps.Step();
        return file;
    }

    public void Flush(Stream file)
    {
        Steps.Step();
        var simulated = (SimulatedFile)file;
        file.Flush();
        lock (_gate)
        {
            if (!ForgetsFlushes)
                simulated.Node.Durable = simulated.Node.Last;
        }
        Steps.Step();
    }

    public void MakeFolder(string folder)
    {
        Steps.Step();
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
            Change((folder, Folder));
        }
        Steps.Step();
    }

    public void Move(string path, string to)
    {
        Steps.Step();
        File.Move(path, to, overwrite: true);
        Change((to, _now[path]), (path, null));
        Steps.Step();
    }

    public void Delete(string path)
    {
        // Clearing up what was left half is no step of its own: there is mostly nothing.
        if (!File.Exists(path))
            return;
        Steps.Step();
        File.Delete(path);
        Change((path, null));
        Steps.Step();
    }

    public void FlushNames(string folder)
    {
        Steps.Step();
        lock (_gate)
        {
            if (!ForgetsNames)
            {
                foreach (NameChange change in _changes.Where(change => change.IsIn(folder)))
                    Keep(change);
                _changes.RemoveAll(change => change.IsIn(folder));
            }
        }
        Steps.Step();
    }

    /// <summary>What a power cut leaves. Nobody may have a file open.</summary>
    public void LosePower()
    {
        foreach (NameChange change in _changes.Take(draw.Next(_changes.Count + 1)))
            Keep(change);
        _changes.Clear();
        Directory.Delete(root, recursive: true);
        Directory.CreateDirectory(root);
        _now.Clear();
        // Folders come before what is in them; what is in a folder whose name was lost is lost with it.
        foreach ((string path, Node node) in _durable.OrderBy(name => name.Key, StringComparer.Ordinal).ToArray())
        {
            if (!Directory.Exists(Path.GetDirectoryName(path)))
            {
                _durable.Remove(path);
                continue;
            }
            if (ReferenceEquals(node, Folder))
            {
                Directory.CreateDirectory(path);
            }
            else
            {
                node.Durable = node.Last = PowerCut.Mixed(node.Durable, node.Last, draw);
                using FileStream file = File.Create(path);
                file.Write(node.Last);
            }
            _now[path] = node;
        }
        Steps.Restore();
    }

    /// <summary>What <c>kill -9</c> leaves: the system still has all that was written.</summary>
    public void Restart() => Steps.Restore();

    private void Change(params (string Path, Node? File)[] names)
    {
        lock (_gate)
        {
            foreach ((string path, Node? node) in names)
            {
                if (node is null)
                    _now.Remove(path);
                else
                    _now[path] = node;
            }
            _changes.Add(new NameChange(names));
        }
    }

    private void Keep(NameChange change)
    {
        foreach ((string path, Node? node) in change.Names)
        {
            if (node is null)
                _durable.Remove(path);
            else
                _durable[path] = node;
        }
    }

    /// <summary>Each write is a step; one that the cut falls into is there in part.</summary>
    private sealed class SimulatedFile(SimulatedObjectDisk disk, Node node, FileStream file) : Stream
    {
        public Node Node => node;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => file.Length;

        public override long Position
        {
            get => file.Position;
            set => throw new NotSupportedException();
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            disk.Steps.Step();
            ReadOnlySpan<byte> part = disk.Steps.AtTheEnd ? buffer[..disk.Part(buffer.Length)] : buffer;
            file.Write(part);
            node.Last = [.. node.Last, .. part];
            disk.Steps.Step();
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public override void Flush() => file.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                file.Dispose();
            base.Dispose(disposing);
        }
    }

    private int Part(int length)
    {
        lock (_gate)
            return draw.Next(length + 1);
    }
}
