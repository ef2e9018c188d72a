using System.Text.Json;
using System.Text.Json.Serialization;
using Edge.Core.Sync;
using Edge.Durable;

namespace Edge.Box.Content;

/// <summary>Keeps what packs used of the link over restarts. The file runs ahead of what was used: after a power cut some bytes count that never came, none that came is forgotten.</summary>
internal sealed class LinkLedger
{
    private readonly string _path;
    private LinkUse _written;

    private LinkLedger(string path, LinkUse written) => (_path, _written) = (path, written);

    /// <summary>What counted when the file was read.</summary>
    public LinkUse Read => _written;

    /// <summary>A file that is missing or cannot be read begins with nothing used.</summary>
    public static LinkLedger Open(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        try
        {
            return new LinkLedger(path, JsonSerializer.Deserialize(File.ReadAllBytes(path), LinkLedgerJson.Default.LinkUse));
        }
        catch (Exception e) when (e is FileNotFoundException or JsonException)
        {
            return new LinkLedger(path, default);
        }
    }

    /// <summary>To be called before bytes are asked for.</summary>
    /// <param name="use">With those bytes.</param>
    /// <param name="aheadBytes">How far the file runs ahead; 0 writes what is.</param>
    public async Task CoverAsync(LinkUse use, long aheadBytes, CancellationToken cancellationToken)
    {
        if (aheadBytes > 0 && use.Day == _written.Day && use.DayBytes <= _written.DayBytes && use.MonthBytes <= _written.MonthBytes)
            return;
        LinkUse written = use.Plus(aheadBytes);
        await DurableFile.WriteAsync(_path, JsonSerializer.SerializeToUtf8Bytes(written, LinkLedgerJson.Default.LinkUse), cancellationToken);
        _written = written;
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(LinkUse))]
internal sealed partial class LinkLedgerJson : JsonSerializerContext;
