namespace Edge.Core.Live;

/// <summary>Which still pictures a lesson has: one for each minute, made of the first segment that begins in it.</summary>
public static class LessonPictures
{
    /// <summary>Pictures of one lesson at most: four hours.</summary>
    public const int Most = 240;

    /// <summary>The next picture to make: the newest minute first, so that a running lesson shows what is now.</summary>
    /// <param name="has">Is there one of this minute, or was it tried?</param>
    /// <returns>Null when nothing is to do.</returns>
    public static (int Minute, Segment Segment)? Next(PlaylistWindow window, Func<int, bool> has)
    {
        int before = int.MaxValue;
        for (int i = window.Segments.Length - 1; i >= 0; i--)
        {
            int minute = MinuteOf(window, window.Segments[i]);
            if (minute < before && (i == 0 || MinuteOf(window, window.Segments[i - 1]) != minute))
            {
                before = minute;
                if (minute is >= 0 and < Most && !has(minute))
                    return (minute, window.Segments[i]);
            }
        }
        return null;
    }

    private static int MinuteOf(PlaylistWindow window, Segment segment) => (int)Math.Floor(LessonTimeline.SecondOf(window.Segments, segment).TotalMinutes);
}
