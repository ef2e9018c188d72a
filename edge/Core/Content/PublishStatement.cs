using System.Text;

namespace Edge.Core.Content;

/// <summary>What those sign who answer for a pack version: that this manifest is this version. It is never sent; each end writes it for itself.
/// Which schools get the version, and when, is not in it: that is the plan's matter, which the relay signs.</summary>
public static class PublishStatement
{
    public static byte[] Of(string pack, long version, ChunkId manifest) =>
        Encoding.ASCII.GetBytes($"edge-publish 1\npack {pack}\nversion {version}\nmanifest {manifest}\n");
}
