namespace Edge.Core.Sync;

/// <summary>How many connections a transfer holds. A lossy link of long round trips gives each of them a share of its own, so more bring more; a full link gives
/// nothing to one more, and each costs room in its queue. So the number is tried, up and down: a step up stays when it brings more than chance would,
/// a step down when it costs next to nothing.</summary>
/// <param name="Count">To hold now.</param>
/// <param name="Base">The number that is known to be good; differs from <paramref name="Count"/> while another is tried.</param>
/// <param name="BaseRate">Bytes a second that <paramref name="Base"/> brought.</param>
/// <param name="Rest">Measurements until the next trial.</param>
/// <param name="DownNext">The next trial is a step down.</param>
public readonly record struct ConnectionCount(int Count, int Base, double BaseRate, int Rest, bool DownNext)
{
    /// <summary>What a step up must bring to stay: at eight connections one more brings an eighth where it brings anything.</summary>
    public const double Gain = 1.05;

    /// <summary>What a step down may leave: an eighth less is noticed, and where nothing is lost the smaller number is better.</summary>
    public const double Kept = 0.97;

    /// <summary>Measurements before a trial of more: at one in 3 s, three quarters of a minute.</summary>
    public const int RestBetweenTrials = 14;

    /// <summary>Measurements before a trial of fewer, two minutes: one too many costs little, one too few an eighth of a link that loses packets.</summary>
    public const int RestBeforeFewer = 40;

    /// <summary>How much of a new figure is believed.</summary>
    private const double Weight = 1.0 / 3;

    /// <summary>Begins with all: on a link that needs them, the first seconds are not lost; on one that does not, the next trials take them away.</summary>
    public static ConnectionCount Start(int most) => new(most, most, 0, 0, false);

    /// <summary>After one more measurement with <see cref="Count"/> connections that all had work.</summary>
    /// <param name="rate">Bytes a second of all of them together.</param>
    /// <param name="most">Most connections allowed.</param>
    public ConnectionCount Next(double rate, int most) => this switch
    {
        _ when Count > most => new(most, most, rate, RestBetweenTrials, false),
        { BaseRate: 0 } => (this with { BaseRate = rate }).Try(Count * 2, most),
        _ when Count == Base && Rest > 0 => this with { BaseRate = BaseRate + Weight * (rate - BaseRate), Rest = Rest - 1 },
        _ when Count == Base => (this with { BaseRate = BaseRate + Weight * (rate - BaseRate) }).Try(DownNext ? Count - 1 : Count + 1, most),
        _ when Count > Base && rate >= BaseRate * Gain => (this with { Base = Count, BaseRate = rate }).Try(Count + 1, most),
        _ when Count < Base && rate >= BaseRate * Kept => (this with { Base = Count, BaseRate = Math.Max(rate, BaseRate) }).Try(Count - 1, most),
        _ => new(Base, Base, BaseRate, Rested(Count > Base), Count > Base),
    };

    /// <summary>Where there is no such number, the next trial goes the other way.</summary>
    private ConnectionCount Try(int count, int most) => Math.Clamp(count, 1, most) is var possible && possible != Count
        ? this with { Count = possible }
        : this with { Rest = Rested(count > Count), DownNext = count > Count };

    private static int Rested(bool downNext) => downNext ? RestBeforeFewer : RestBetweenTrials;
}
