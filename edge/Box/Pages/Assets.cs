using System.Collections.Frozen;
using System.IO.Compression;
using System.Security.Cryptography;

namespace Edge.Box.Pages;

/// <summary>Style sheet, scripts, fonts: read once, kept in memory plain and gzipped, served under names that carry their hash,
/// so that a phone fetches each once and never asks again.</summary>
public sealed class Assets
{
    /// <summary>A script longer than this is kept gzipped alone: every browser takes it so.</summary>
    private const int LongBytes = 256 << 10;

    // gzip, not brotli: browsers offer brotli only over https.
    private sealed record Asset(string Name, string Address, string MediaType, byte[] Bytes, byte[]? Gzipped);

    private readonly FrozenDictionary<string, Asset> _byName;
    private readonly FrozenDictionary<string, Asset> _byAddress;

    public Assets(string folder)
    {
        Asset[] all = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(path => Load(folder, path))];
        _byName = all.ToFrozenDictionary(asset => asset.Name);
        _byAddress = all.ToFrozenDictionary(asset => asset.Address);
    }

    /// <summary>Address of an asset: <c>/assets/css/box.1f3a….css</c>.</summary>
    /// <exception cref="KeyNotFoundException">There is no such asset: a mistake in a page.</exception>
    public string this[string name] => "/assets/" + _byName[name].Address;

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/assets/{**address}", (string address, HttpContext context) =>
    {
        if (!_byAddress.TryGetValue(address, out Asset? asset))
            return Results.NotFound();
        context.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        if (asset.Gzipped is null)
            return Results.Bytes(asset.Bytes, asset.MediaType);
        context.Response.Headers.Vary = "Accept-Encoding";
        if (!context.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase))
        {
            return asset.Bytes.Length > 0 ? Results.Bytes(asset.Bytes, asset.MediaType)
                : Results.Stream(new GZipStream(new MemoryStream(asset.Gzipped), CompressionMode.Decompress), asset.MediaType);
        }
        context.Response.Headers.ContentEncoding = "gzip";
        return Results.Bytes(asset.Gzipped, asset.MediaType);
    });

    private static Asset Load(string folder, string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        string name = Path.GetRelativePath(folder, path);
        string hash = Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 6));
        string extension = Path.GetExtension(name);
        (string mediaType, bool compress) = extension switch
        {
            ".css" => ("text/css; charset=utf-8", true),
            ".js" => ("text/javascript; charset=utf-8", true),
            ".svg" => ("image/svg+xml", true),
            ".png" => ("image/png", false),
            ".woff2" => ("font/woff2", false),
            _ => ("application/octet-stream", false),
        };
        byte[]? gzipped = compress ? Gzip(bytes) : null;
        return new Asset(name, $"{name[..^extension.Length]}.{hash}{extension}", mediaType, gzipped is not null && bytes.Length > LongBytes ? [] : bytes, gzipped);
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize))
            gzip.Write(bytes);
        return packed.ToArray();
    }
}
