using System.Collections.Immutable;

namespace Edge.Core.Live;

/// <summary>Which of a lesson's cameras the classes see.</summary>
public static class ProgrammeChoice
{
    /// <summary>The chosen camera while it gives a picture; when it does not, the one that is on air while it does; else any that does. So a camera
    /// that fails takes nobody's lesson away, and comes back when it works again.</summary>
    /// <param name="chosen">What staff want to see.</param>
    /// <param name="onAir">What classes see now.</param>
    /// <param name="giving">Cameras that give a picture at present, in the order of the lesson.</param>
    public static string For(string chosen, string onAir, ImmutableArray<string> giving) =>
        giving.Contains(chosen) ? chosen : giving.Contains(onAir) ? onAir : giving.IsEmpty ? onAir : giving[0];
}
