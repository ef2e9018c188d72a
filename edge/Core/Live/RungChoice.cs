using System.Collections.Immutable;

namespace Edge.Core.Live;

/// <summary>What the choice of a rung looks at.</summary>
/// <param name="Rates">Bits a second of each rung, the best first.</param>
/// <param name="BitsPerSecond">How fast bytes come; null: not known.</param>
/// <param name="Behind">How much of the lesson the source has that is not published here.</param>
/// <param name="Now">On a monotonic clock.</param>
public sealed record RungView(ImmutableArray<long> Rates, double? BitsPerSecond, TimeSpan Behind, TimeSpan Now);

/// <summary>Which rung is taken, and when a better one may be tried. Viewers have some six seconds in hand: going down must be quicker than that. Going up too early costs them those seconds,
/// so each time that it was wrong the next try waits twice as long.</summary>
/// <param name="Rung">Place in <see cref="RungView.Rates"/>.</param>
/// <param name="Since">When it was taken.</param>
/// <param name="TryAt">From then on a better one is tried although nothing shows that the link carries it: few bytes over a long way come slowly on the fastest link.</param>
/// <param name="Failures">Tries in a row that had to be taken back.</param>
public sealed record RungChoice(int Rung, TimeSpan Since, TimeSpan TryAt, int Failures)
{
    /// <summary>From so far behind a rung must prove that it is carried: two segments.</summary>
    public static readonly TimeSpan Late = TimeSpan.FromSeconds(4);

    /// <summary>A rung is kept so long before a better one is taken.</summary>
    public static readonly TimeSpan Hold = TimeSpan.FromSeconds(10);

    /// <summary>A try that had to be taken back within this was wrong; one that held longer was right.</summary>
    public static readonly TimeSpan Trial = TimeSpan.FromSeconds(30);

    /// <summary>First and longest wait between two tries.</summary>
    public static readonly TimeSpan FirstTry = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan LongestTry = TimeSpan.FromMinutes(10);

    /// <summary>As much more than a rung needs must come before it is taken upwards on that ground.</summary>
    private const double Proof = 1.4;

    private const int MaxDoublings = 10;

    /// <summary>The first: the best that is carried as far as is known; the best of all where nothing is.</summary>
    public static RungChoice Start(RungView view) =>
        new(view.BitsPerSecond is { } rate ? Best(view.Rates, rate, Room(TimeSpan.Zero)) : 0, view.Now, view.Now + FirstTry, 0);

    /// <summary>The choice now. Asked at every piece of news; most often nothing changes.</summary>
    public RungChoice Next(RungView view)
    {
        int rung = Math.Min(Rung, view.Rates.Length - 1);
        if (view.Behind >= Late && rung < view.Rates.Length - 1 && view.BitsPerSecond is { } slow && slow < view.Rates[rung] * Room(view.Behind))
        {
            bool wrong = Failures > 0 && view.Now - Since < Trial;
            int failures = wrong ? Math.Min(Failures + 1, MaxDoublings) : 1;
            return new RungChoice(Math.Max(rung + 1, Best(view.Rates, slow, Room(view.Behind))), view.Now, view.Now + Wait(failures), failures);
        }
        if (rung > 0 && view.Behind < Late && view.Now - Since >= Hold)
        {
            int proven = view.BitsPerSecond is { } fast ? Best(view.Rates, fast, Proof) : rung;
            if (proven < rung)
                return new RungChoice(proven, view.Now, view.Now + FirstTry, Math.Max(1, Failures));
            if (view.Now >= TryAt)
                return new RungChoice(rung - 1, view.Now, view.Now + Wait(Failures + 1), Math.Max(1, Failures));
        }
        return this with { Rung = rung, Failures = Failures > 0 && view.Now - Since >= Trial && rung == 0 ? 0 : Failures };
    }

    /// <summary>Is the rest of a segment under way worth waiting for when its rung is left? It is if it is less than the same moment in the new rung.</summary>
    public static bool IsWorthFinishing(long restBytes, TimeSpan duration, long newRate) => restBytes * 8 <= newRate * duration.TotalSeconds;

    /// <summary>The further behind, the more room a rung must leave to catch up.</summary>
    private static double Room(TimeSpan behind) => behind.TotalSeconds switch { >= 30 => 1.6, >= 8 => 1.3, _ => 1.1 };

    private static int Best(ImmutableArray<long> rates, double bitsPerSecond, double room)
    {
        int place = 0;
        while (place < rates.Length - 1 && rates[place] * room > bitsPerSecond)
            place++;
        return place;
    }

    private static TimeSpan Wait(int failures) => TimeSpan.FromTicks((long)Math.Min(LongestTry.Ticks, FirstTry.Ticks * Math.Pow(2, Math.Min(failures, MaxDoublings))));
}
