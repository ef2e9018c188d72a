using Relay.Live.Pull;
using Relay.Live.Rtmp;
using Relay.Live.Srt;

namespace Relay.Live;

/// <summary>Live lessons: timetable, encoders in, segments out.</summary>
public static class LiveFeature
{
    public static IServiceCollection AddLive(this IServiceCollection services, Func<IServiceProvider, LivePorts> ports)
    {
        services.AddOptionsWithValidateOnStart<LiveOptions, LiveOptionsValidator>().BindConfiguration("Live");
        services.AddOptionsWithValidateOnStart<LadderOptions, LadderOptionsValidator>().BindConfiguration("Ladder");
        services.AddOptionsWithValidateOnStart<IngestOptions, IngestOptionsValidator>().BindConfiguration("Ingest");
        services.AddSingleton(ports);
        services.AddSingleton<LessonStore>();
        services.AddSingleton<CameraStore>();
        services.AddSingleton<CameraDesk>();
        services.AddSingleton<CaptionStore>();
        services.AddSingleton<LessonEventStore>();
        services.AddSingleton<SoundEars>();
        services.AddSingleton<LessonDesk>();
        services.AddSingleton<LiveOrigin>();
        services.AddSingleton<IngestDesk>();
        services.AddHostedService<LessonEndLoop>();
        services.AddHostedService<LadderLoop>();
        services.AddHostedService<RtmpListener>();
        services.AddSingleton<SrtGate>();
        services.AddHostedService(services => services.GetRequiredService<SrtGate>());
        services.AddHostedService<PullLoop>();
        return services;
    }
}
