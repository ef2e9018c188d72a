using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Edge.Core.Content;
using Edge.Core.Iptv;
using Edge.Core.Live;
using Edge.Core.Text;
using Microsoft.Extensions.Options;

namespace Edge.Box.Iptv;

/// <summary>Keeps a group going for each running lesson, and tells the network of it.</summary>
public sealed class MulticastLoop(IptvPorts ports, IOptions<IptvOptions> options, TimeProvider time, ILogger<MulticastLoop> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private static readonly IPEndPoint Announcements = new(Ipv4.Address(LessonAnnouncement.SapGroup), LessonAnnouncement.SapPort);

    private ImmutableDictionary<string, LessonMulticast> _running = ImmutableDictionary<string, LessonMulticast>.Empty;
    private readonly HashSet<string> _withoutGroup = new(StringComparer.Ordinal);
    private long _announcedAt;
    private bool _told;

    /// <summary>The group that a lesson has, now or when it begins; null: it has none.</summary>
    public IPEndPoint? GroupOf(string lesson)
    {
        if (!options.Value.Multicast)
            return null;
        // It runs, and not as what goes out by multicast.
        if (ports.State(lesson).Stage != LiveStage.NotStarted && ports.Window(lesson) is null)
            return null;
        uint? group = Volatile.Read(ref _running).TryGetValue(lesson, out LessonMulticast? running) ? running.Announcement.Group
            : Groups().TryGetValue(lesson, out uint planned) ? planned : null;
        return group is { } number ? new IPEndPoint(Ipv4.Address(number), options.Value.Port) : null;
    }

    /// <summary>Is the lesson being sent?</summary>
    public bool Sends(string lesson) => Volatile.Read(ref _running).ContainsKey(lesson);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.Multicast)
            return;
        try
        {
            while (true)
            {
                StopOver();
                StartNew();
                if (time.GetElapsedTime(_announcedAt) >= options.Value.AnnounceEvery)
                {
                    _announcedAt = time.GetTimestamp();
                    foreach (LessonMulticast running in _running.Values)
                        Announce(running.Announcement, withdrawn: false);
                }
                await Task.Delay(Pause, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops.
        }
        finally
        {
            foreach (string lesson in _running.Keys)
                Stop(lesson);
        }
    }

    private void StopOver()
    {
        SitePlan? plan = ports.Plan();
        foreach ((string lesson, LessonMulticast running) in _running)
        {
            if (!MulticastChoice.GoesOn(plan?.Lesson(lesson), ports.State(lesson).Stage, running.Sent))
                Stop(lesson);
        }
    }

    private void StartNew()
    {
        foreach (PlannedLesson lesson in ports.Plan()?.Lessons ?? [])
        {
            if (_running.Count >= options.Value.MostLessons || _running.ContainsKey(lesson.Id) || !MulticastChoice.Begins(lesson, ports.State(lesson.Id).Stage))
                continue;
            // Fragmented MP4 is no transport stream, and remaking it would cost what multicast saves.
            if (ports.Window(lesson.Id) is null)
            {
                if (_withoutGroup.Add(lesson.Id))
                    log.NoTransportStream(lesson.Id);
                continue;
            }
            if (!Groups().TryGetValue(lesson.Id, out uint group))
                continue;
            LanInterface? lan = LanSide.Choose(LanSide.All(), options.Value.Interface, ports.SiteAddress);
            if (lan is null)
            {
                if (!_told)
                    log.NoLan(options.Value.Interface);
                _told = true;
                return;
            }
            // Other lessons may have had the group first, before the plan changed.
            if (_running.Values.Any(running => running.Announcement.Group == group))
                continue;
            var announcement = new LessonAnnouncement(lesson.Id, lesson.Title.In(Languages.Main), $"{lesson.Class} {lesson.Subject}", Ipv4.Number(lan.Address), group, options.Value.Port, options.Value.Ttl,
                options.Value.Transport == TvTransport.Rtp);
            try
            {
                Volatile.Write(ref _running, _running.Add(lesson.Id, new LessonMulticast(announcement, ports, options.Value, time, log)));
            }
            catch (SocketException e)
            {
                if (!_told)
                    log.CannotSend(lan.Name, e.SocketErrorCode);
                _told = true;
                return;
            }
            _told = false;
            log.MulticastBegins(lesson.Id, LessonAnnouncement.Dotted(group), options.Value.Port, lan.Name);
            Announce(announcement, withdrawn: false);
        }
    }

    private void Stop(string lesson)
    {
        LessonMulticast running = _running[lesson];
        Volatile.Write(ref _running, _running.Remove(lesson));
        running.Dispose();
        Announce(running.Announcement, withdrawn: true);
        log.MulticastEnds(lesson);
    }

    private static void Announce(LessonAnnouncement announcement, bool withdrawn)
    {
        try
        {
            using Socket socket = MulticastSocket.Open(Ipv4.Address(announcement.Source), announcement.Ttl);
            socket.SendTo(announcement.ToPacket(withdrawn), Announcements);
        }
        catch (SocketException)
        {
            // The lesson's own sender says what is wrong with the network; the next announcement comes soon.
        }
    }

    private ImmutableDictionary<string, uint> Groups() =>
        MulticastGroups.For(ports.Plan()?.Lessons.Where(lesson => lesson.Live) ?? [], options.Value.FirstGroup, options.Value.GroupCount);
}
