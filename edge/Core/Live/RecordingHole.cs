using System.Collections.Immutable;

namespace Edge.Core.Live;

/// <summary>A part of a lesson that a recording lacks although upstream had it.</summary>
/// <param name="Second">Of the lesson, where it begins.</param>
/// <param name="Length">By the sender's clock.</param>
public readonly record struct RecordingHole(TimeSpan Second, TimeSpan Length)
{
    /// <summary>The holes of a recording, told by upstream's numbers: where the camera was away nothing is missing.</summary>
    public static ImmutableArray<RecordingHole> In(ImmutableArray<JournalEntry> entries)
    {
        var holes = ImmutableArray.CreateBuilder<RecordingHole>();
        for (int i = 1; i < entries.Length; i++)
        {
            (JournalEntry before, JournalEntry after) = (entries[i - 1], entries[i]);
            TimeSpan length = after.Segment.ProgramTime - before.Segment.ProgramEnd;
            if (after.Origin == before.Origin && after.UpstreamSequence > before.UpstreamSequence + 1 && length > TimeSpan.Zero)
                holes.Add(new RecordingHole(before.Segment.ProgramEnd - entries[0].Segment.ProgramTime, length));
        }
        return holes.ToImmutable();
    }

    /// <summary>Is what was shown all that upstream has, in the rung wanted? Then it is the recording as it stands.</summary>
    public static bool IsNone(ImmutableArray<JournalEntry> entries, string rung)
    {
        for (int i = 0; i < entries.Length; i++)
        {
            if (entries[i].UpstreamSequence != i || entries[i].Rung != rung || entries[i].Origin != entries[0].Origin)
                return false;
        }
        return true;
    }
}
