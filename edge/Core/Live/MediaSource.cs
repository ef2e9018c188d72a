namespace Edge.Core.Live;

/// <summary>Ways to fetch a stream from somewhere.</summary>
public enum SourceKind
{
    /// <summary>Transport stream in datagrams, to one address or a group.</summary>
    Udp,
    /// <summary>The same within RTP (RFC 3550, payload type 33).</summary>
    Rtp,
    Rtsp,
    Rtmp,
    Srt,
    /// <summary>A satellite receiver on the network (SAT&gt;IP): RTSP by its own rules, transport stream in RTP.</summary>
    SatIp,
    /// <summary>HLS or a plain transport stream.</summary>
    Http,
}

/// <summary>Where a stream is fetched from. Only what stands in the list of schemes: an address must never name a file of this machine, and a bare path crashes libvlc.</summary>
public sealed record MediaSource(SourceKind Kind, Uri Address)
{
    public const int MaxLength = 500;

    private const int ShortestSecret = 4;

    /// <returns>False when it is no address, or of a scheme that is not allowed.</returns>
    public static bool TryParse(string? text, out MediaSource source)
    {
        source = null!;
        if (text is not { Length: > 0 and <= MaxLength } || text.Any(letter => letter is <= ' ' or >= '\x7F')
            || !Uri.TryCreate(text, UriKind.Absolute, out Uri? address) || KindOf(address.Scheme) is not { } kind
            || address.Host.Length == 0 || (kind is SourceKind.Udp or SourceKind.Rtp or SourceKind.Srt && address.Port <= 0))
            return false;
        source = new MediaSource(kind, address);
        return true;
    }

    /// <summary>Is it the address of a playlist? A plain transport stream by HTTP is none.</summary>
    public static bool IsHls(string? text) =>
        TryParse(text, out MediaSource source) && source.Kind == SourceKind.Http && source.Address.AbsolutePath.EndsWith(".m3u8", StringComparison.OrdinalIgnoreCase);

    /// <summary>The address without what may be a secret in it: for logs and pages.</summary>
    public string Shown => $"{Address.Scheme}://{Address.Host}{(Address.IsDefaultPort || Address.Port < 0 ? "" : $":{Address.Port}")}{Address.AbsolutePath}";

    /// <summary>A text of somebody who was told the address, such as a child's complaint, without what may be a secret in it.</summary>
    public string Hide(string said)
    {
        said = said.Replace(Address.AbsoluteUri, Shown, StringComparison.Ordinal).Replace(Address.OriginalString, Shown, StringComparison.Ordinal);
        // Short words are no secrets, and would be found in the middle of others.
        string[] words = [.. Address.UserInfo.Split(':'), .. Address.Query.TrimStart('?').Split('&').Select(pair => pair[(pair.IndexOf('=', StringComparison.Ordinal) + 1)..])];
        foreach (string part in (string[])[Address.UserInfo, Address.Query.TrimStart('?'), .. words.Where(word => word.Length >= ShortestSecret)])
        {
            if (part.Length > 0)
                said = said.Replace(part, "…", StringComparison.Ordinal).Replace(Uri.UnescapeDataString(part), "…", StringComparison.Ordinal);
        }
        return said;
    }

    private static SourceKind? KindOf(string scheme) => scheme switch
    {
        "udp" => SourceKind.Udp,
        "rtp" => SourceKind.Rtp,
        "rtsp" => SourceKind.Rtsp,
        "rtmp" => SourceKind.Rtmp,
        "srt" => SourceKind.Srt,
        "satip" => SourceKind.SatIp,
        "http" or "https" => SourceKind.Http,
        _ => null,
    };
}
