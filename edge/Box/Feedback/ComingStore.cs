using System.Globalization;
using Edge.Core.Feedback;
using Edge.Durable;
using Microsoft.Extensions.Options;

namespace Edge.Box.Feedback;

/// <summary>Photos and sounds on their way from phones: pieces on disk, each a file of its own, so that after a power cut a piece is there whole or not at all and the phone goes on behind it.</summary>
public sealed class ComingStore : IDisposable
{
    /// <summary>Hex digits of a name, which the phone draws.</summary>
    private const int NameLength = 32;

    private readonly string _folder;
    private readonly AttachmentOptions _options;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _changing = new(1);
    private readonly Dictionary<string, long> _touched = new(StringComparer.Ordinal);

    public ComingStore(AttachmentPorts ports, IOptions<AttachmentOptions> options, TimeProvider time)
    {
        (_folder, _options, _time) = (Path.Combine(ports.Folder, "coming"), options.Value, time);
        Directory.CreateDirectory(_folder);
        foreach (string path in Directory.EnumerateFiles(_folder))
            _touched[Path.GetFileName(path)[..NameLength]] = 0;
    }

    public static bool IsName(string? name) => name is { Length: NameLength } && !name.AsSpan().ContainsAnyExcept(Hex);

    /// <summary>Takes a piece; on disk when the task completes.</summary>
    /// <returns>What came of it, and how much is held now.</returns>
    /// <exception cref="IOException">The disk does not take it.</exception>
    public async Task<(PieceVerdict Verdict, int HeldBytes)> TakeAsync(string name, int totalBytes, long offset, ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            int held = PiecesOf(name).Sum(found => found.LengthBytes);
            PieceVerdict verdict = PieceRule.Judge(held, totalBytes, offset, piece.Length);
            if (verdict != PieceVerdict.Take)
                return (verdict, held);
            while (!_touched.ContainsKey(name) && _touched.Count >= _options.MaxComing)
                Remove(_touched.MinBy(other => other.Value).Key);
            _touched[name] = _time.GetTimestamp();
            await DurableFile.WriteAsync(Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"{name}.{held}")), piece, cancellationToken);
            return (verdict, held + piece.Length);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>How much is held.</summary>
    public int Held(string name) => PiecesOf(name).Sum(piece => piece.LengthBytes);

    /// <summary>The whole; null when it is not all here.</summary>
    public async Task<byte[]?> ReadAsync(string name, int totalBytes, CancellationToken cancellationToken)
    {
        (string Path, int LengthBytes)[] pieces = [.. PiecesOf(name)];
        if (totalBytes <= 0 || pieces.Sum(piece => piece.LengthBytes) != totalBytes)
            return null;
        var whole = new MemoryStream(totalBytes);
        foreach ((string path, _) in pieces)
            whole.Write(await File.ReadAllBytesAsync(path, cancellationToken));
        return whole.ToArray();
    }

    /// <summary>It is kept elsewhere now, or not wanted.</summary>
    public async Task ForgetAsync(string name)
    {
        await _changing.WaitAsync(CancellationToken.None);
        Remove(name);
        _changing.Release();
    }

    public void Dispose() => _changing.Dispose();

    private static readonly System.Buffers.SearchValues<char> Hex = System.Buffers.SearchValues.Create("0123456789abcdef");

    /// <summary>Last first, so that what a power cut leaves of it still begins at its begin.</summary>
    private void Remove(string name)
    {
        foreach ((string path, _) in PiecesOf(name).Reverse())
            File.Delete(path);
        _touched.Remove(name);
    }

    private IEnumerable<(string Path, int LengthBytes)> PiecesOf(string name)
    {
        for (int at = 0; new FileInfo(Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"{name}.{at}"))) is { Exists: true } piece; at += (int)piece.Length)
            yield return (piece.FullName, (int)piece.Length);
    }
}
