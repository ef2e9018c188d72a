namespace Edge.Core.Live;

/// <summary>By which road a lesson comes that a school takes in by itself.</summary>
public enum InputRoad
{
    /// <summary>From its own source.</summary>
    Own,
    /// <summary>The relay's copy, while the source is dead.</summary>
    Relay,
}

/// <summary>When the relay's copy stands in for a source of the school's own.</summary>
/// <param name="LeaveAfter">So long without a segment from the source, and the copy stands in.</param>
/// <param name="ReturnAfter">So long must the source have been good before it is taken again: one that flaps would change the picture all the time.</param>
public readonly record struct InputRoadRules(TimeSpan LeaveAfter, TimeSpan ReturnAfter)
{
    /// <param name="silence">Since the source gave its last segment, or since it was first asked.</param>
    /// <param name="goodFor">Since when it gives segments without a longer pause; zero: it does not.</param>
    /// <param name="relayHas">The relay has a picture of this lesson that grows.</param>
    public InputRoad Next(InputRoad now, TimeSpan silence, TimeSpan goodFor, bool relayHas) => now switch
    {
        InputRoad.Own => silence >= LeaveAfter && relayHas ? InputRoad.Relay : InputRoad.Own,
        _ => goodFor >= ReturnAfter ? InputRoad.Own : InputRoad.Relay,
    };
}
