using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Edge.Core.Live;

/// <summary>A playlist ready to be sent many times: as it is, compressed, and its strong entity tags (RFC 9110 §8.8.3: one for each coding).</summary>
public sealed record PlaylistBody(ReadOnlyMemory<byte> Plain, ReadOnlyMemory<byte> Gzip, string PlainTag, string GzipTag)
{
    public const string ContentType = "application/vnd.apple.mpegurl";

    public static PlaylistBody Of(string text)
    {
        byte[] plain = Encoding.UTF8.GetBytes(text);
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(plain);
        string name = Convert.ToHexStringLower(SHA256.HashData(plain).AsSpan(0, 8));
        return new PlaylistBody(plain, packed.ToArray(), $"\"{name}\"", $"\"{name}-gz\"");
    }
}
