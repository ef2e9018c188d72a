using System.Collections.Immutable;
using System.Net;
using Edge.Core.Content;
using Edge.Core.Iptv;
using Edge.Core.Live;

namespace Edge.Box.Iptv;

/// <summary>What television needs of the rest of the box. Joined in BoxServer.</summary>
/// <param name="Plan">The newest verified plan; null before the first.</param>
/// <param name="State">How a lesson stands.</param>
/// <param name="Window">What is published of a lesson as transport stream; null: nothing.</param>
/// <param name="Segment">Bytes of a published segment; null when it cannot be had.</param>
/// <param name="SiteAddress">Address that the school's site listens on.</param>
/// <param name="Lessons">What sets list.</param>
/// <param name="LanguageOf">The language of who asks.</param>
public sealed record IptvPorts(
    Func<SitePlan?> Plan,
    Func<string, LiveState> State,
    Func<string, PlaylistWindow?> Window,
    Func<string, long, ReadOnlyMemory<byte>?> Segment,
    IPAddress SiteAddress,
    Func<ImmutableArray<TvShown>> Lessons,
    Func<HttpContext, string> LanguageOf);

/// <summary>A lesson that sets may list. <paramref name="Picture"/>: path of a picture of it on the site.</summary>
public sealed record TvShown(PlannedLesson Lesson, TvShow Show, string Picture);
