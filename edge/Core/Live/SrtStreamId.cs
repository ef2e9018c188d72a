namespace Edge.Core.Live;

/// <summary>What an SRT caller names as its stream.</summary>
public static class SrtStreamId
{
    private const string Standard = "#!::";

    /// <summary>The key in a stream id: the whole of it, or its resource where it follows SRT's access control syntax (<c>#!::r=KEY,m=publish</c>).</summary>
    public static string KeyOf(string streamId) => !streamId.StartsWith(Standard, StringComparison.Ordinal)
        ? streamId
        : streamId[Standard.Length..].Split(',').FirstOrDefault(part => part.StartsWith("r=", StringComparison.Ordinal))?[2..] ?? "";
}
