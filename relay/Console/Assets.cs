using System.Collections.Frozen;
using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;

namespace Relay.Console;

/// <summary>Style sheet, script and icon: in the assembly, kept in memory plain and gzipped, served under names that carry their hash,
/// so that a browser fetches each once and never asks again.</summary>
public sealed class Assets
{
    private const string Prefix = "asset:";

    private sealed record Asset(string Name, string Address, string MediaType, byte[] Bytes, byte[] Gzipped);

    private readonly FrozenDictionary<string, Asset> _byName;
    private readonly FrozenDictionary<string, Asset> _byAddress;

    public Assets()
    {
        Assembly assembly = typeof(Assets).Assembly;
        Asset[] all = [.. assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Select(name => Load(assembly, name))];
        _byName = all.ToFrozenDictionary(asset => asset.Name);
        _byAddress = all.ToFrozenDictionary(asset => asset.Address);
    }

    /// <summary>Address of an asset: <c>/assets/css/console.1f3a….css</c>.</summary>
    /// <exception cref="KeyNotFoundException">There is no such asset: a mistake in a page.</exception>
    public string this[string name] => "/assets/" + _byName[name].Address;

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/assets/{**address}", (string address, HttpContext context) =>
    {
        if (!_byAddress.TryGetValue(address, out Asset? asset))
            return Results.NotFound();
        context.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.Vary = "Accept-Encoding";
        if (!context.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase))
            return Results.Bytes(asset.Bytes, asset.MediaType);
        context.Response.Headers.ContentEncoding = "gzip";
        return Results.Bytes(asset.Gzipped, asset.MediaType);
    }).AllowAnonymous(); // the login page wears them too

    private static Asset Load(Assembly assembly, string resource)
    {
        using Stream stream = assembly.GetManifestResourceStream(resource)!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        string name = resource[Prefix.Length..];
        string extension = Path.GetExtension(name);
        string hash = Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 6));
        string mediaType = extension switch
        {
            ".css" => "text/css; charset=utf-8",
            ".js" => "text/javascript; charset=utf-8",
            ".svg" => "image/svg+xml",
            _ => "application/octet-stream",
        };
        return new Asset(name, $"{name[..^extension.Length]}.{hash}{extension}", mediaType, bytes, Gzip(bytes));
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize))
            gzip.Write(bytes);
        return packed.ToArray();
    }
}
