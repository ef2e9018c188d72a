namespace Edge.Core.Live;

/// <summary>How a lesson stands on this box.</summary>
public enum LiveStage
{
    /// <summary>Nothing of it is here yet.</summary>
    NotStarted,

    /// <summary>New pictures keep coming in.</summary>
    Live,

    /// <summary>It runs, but no new pictures come: from the encoder or over the link. What is here plays on; the kit stands in after it.</summary>
    Lost,

    /// <summary>It is over and its recording is complete.</summary>
    Ended,
}

/// <summary>How a lesson stands, in plain values for pages, panel and programs.</summary>
/// <param name="Lost">Since the last new picture, while <see cref="LiveStage.Lost"/>; on the monotonic clock.</param>
/// <param name="Edge">Second of the lesson up to which it is here.</param>
public sealed record LiveState(LiveStage Stage, TimeSpan? Lost, TimeSpan Edge)
{
    /// <param name="window">What is published; null before the first segment.</param>
    /// <param name="sinceNews">Since the last new segment, or since the box started.</param>
    /// <param name="lostAfter">How long no new segment is still normal.</param>
    public static LiveState Of(PlaylistWindow? window, TimeSpan sinceNews, TimeSpan lostAfter)
    {
        if (window?.Last is null)
            return new LiveState(LiveStage.NotStarted, null, TimeSpan.Zero);
        TimeSpan edge = LessonTimeline.Edge(window.Segments);
        if (window.Ended)
            return new LiveState(LiveStage.Ended, null, edge);
        return sinceNews > lostAfter ? new LiveState(LiveStage.Lost, sinceNews, edge) : new LiveState(LiveStage.Live, null, edge);
    }
}
