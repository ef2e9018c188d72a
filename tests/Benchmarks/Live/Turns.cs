using System.Globalization;
using TestKit.Processes;
using TestKit.World;

namespace EdgeBench.Live;

/// <summary>Lets box and nginx serve the same audience one after the other, again and again, so that what else happens on the machine meets both.</summary>
internal sealed class Turns(TimeSpan span, TimeSpan warmUp, string lesson, CancellationToken cancellationToken)
{
    private static readonly TimeSpan MemoryLook = TimeSpan.FromSeconds(1);

    /// <summary>The audience that the bars are for, and the page: a full hall. A larger one shows how it goes on.</summary>
    private const int Hall = 100;

    /// <summary>Figures of all audiences, and of the relay that takes the lesson in meanwhile.</summary>
    public async Task<IReadOnlyList<Figure>> AudiencesAsync(RelayNode relay, BoxNode box, NginxPeer nginx, int[] audiences, int rounds, Bar processor, Bar memory)
    {
        var alone = new List<Turn>();
        var pages = new List<Turn>();
        var ingest = new List<Turn>();
        var turns = audiences.ToDictionary(count => count, _ => (Box: new List<Turn>(), Nginx: new List<Turn>()));
        for (int round = 1; round <= rounds; round++)
        {
            Report.Say($"Round {round} of {rounds}: the box receives, nobody watches; then the same, the relay looked at");
            alone.Add(await BoxAsync(box, 0, page: false));
            ingest.Add(await WatchAsync(box.Port, 0, page: false, () => ProcessUsage.Of(relay.ProcessId)));
            foreach (int count in audiences)
            {
                Report.Say($"Round {round} of {rounds}: {count} viewers, box then nginx");
                turns[count].Box.Add(await BoxAsync(box, count, page: false));
                turns[count].Nginx.Add(await NginxAsync(nginx, count));
            }
            Report.Say($"Round {round} of {rounds}: {Hall} viewers in the lesson's page");
            pages.Add(await BoxAsync(box, Hall, page: true));
        }

        var figures = new List<Figure> { Cpu("box, receiving only", alone), Resident("box, receiving only", alone), Cpu("relay, ingest and one box", ingest), Resident("relay, ingest and one box", ingest) };
        foreach ((int count, (List<Turn> ours, List<Turn> theirs)) in turns)
        {
            bool barred = count == Hall;
            string viewers = count == 1 ? "1 viewer" : $"{count} viewers";
            figures.Add(Cpu($"box, {viewers}", ours, barred ? processor : null));
            figures.Add(Resident($"box, {viewers}", ours, barred ? memory : null));
            figures.Add(Cpu($"nginx, {viewers}", theirs));
            figures.Add(Resident($"nginx, {viewers}", theirs));
            if (count < Hall)
                continue;
            figures.Add(new($"box, {viewers}: sent", "Mbit/s", ours.Select(turn => turn.Watched.BytesPerSecond * 8 / 1e6)));
            figures.Add(new($"box, {viewers}: requests", "1/s", ours.Select(turn => turn.Watched.RequestsPerSecond)));
            foreach ((string whose, List<Turn> of) in ((string, List<Turn>)[])[("box", ours), ("nginx", theirs)])
            {
                figures.Add(new($"{whose}, {viewers}: a segment, p50", "ms", of.Select(turn => Figure.Quantile(turn.Watched.SegmentMilliseconds, 0.5))));
                figures.Add(new($"{whose}, {viewers}: a segment, p99", "ms", of.Select(turn => Figure.Quantile(turn.Watched.SegmentMilliseconds, 0.99))));
            }
        }
        figures.Add(Cpu($"box, {Hall} viewers in its page", pages));
        figures.Add(new("failed requests", "", [alone.Concat(pages).Concat(turns.Values.SelectMany(turn => turn.Box.Concat(turn.Nginx))).Sum(turn => turn.Watched.Failures)], Bar.Max(0)));
        return figures;
    }

    private Task<Turn> BoxAsync(BoxNode box, int viewers, bool page) => WatchAsync(box.Port, viewers, page, () => ProcessUsage.Of(box.ProcessId));

    private async Task<Turn> NginxAsync(NginxPeer nginx, int viewers)
    {
        await nginx.CatchUpAsync(cancellationToken);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task following = nginx.FollowAsync(stop.Token);
        Turn turn = await WatchAsync(nginx.Port, viewers, page: false, () => nginx.Usage);
        await stop.CancelAsync();
        await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return turn;
    }

    private async Task<Turn> WatchAsync(int port, int count, bool page, Func<ProcessUsage> usage)
    {
        await using var viewers = new Viewers(port, lesson, count, page);
        viewers.Start();
        await Task.Delay(warmUp, TimeProvider.System, cancellationToken);
        long resident = 0;
        ProcessUsage before = usage();
        long began = TimeProvider.System.GetTimestamp();
        Task<Watched> counting = viewers.CountAsync(span, cancellationToken);
        while (!counting.IsCompleted)
        {
            resident = Math.Max(resident, usage().ResidentBytes);
            await Task.WhenAny(counting, Task.Delay(MemoryLook, TimeProvider.System, cancellationToken));
        }
        Watched watched = await counting;
        double processor = (usage().Cpu - before.Cpu) / TimeProvider.System.GetElapsedTime(began);
        Report.Say(string.Create(CultureInfo.InvariantCulture, $"  {processor * 100:0.0} % of a core, {resident / 1e6:0} MB"));
        return new Turn(processor, resident, watched);
    }

    private static Figure Cpu(string name, List<Turn> turns, Bar? bar = null) => new($"{name}: processor, of one core", "%", turns.Select(turn => turn.Processor * 100), bar);

    private static Figure Resident(string name, List<Turn> turns, Bar? bar = null) => new($"{name}: memory", "MB", turns.Select(turn => turn.ResidentBytes / 1e6), bar);

    /// <param name="Processor">Part of one core.</param>
    /// <param name="ResidentBytes">The most that was seen.</param>
    private sealed record Turn(double Processor, long ResidentBytes, Watched Watched);
}
