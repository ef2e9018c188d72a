namespace Relay.Live;

/// <summary>Live lessons: timetable, encoders in, segments out.</summary>
public static class LiveFeature
{
    public static IServiceCollection AddLive(this IServiceCollection services, Func<IServiceProvider, LivePorts> ports)
    {
        services.AddOptionsWithValidateOnStart<LiveOptions, LiveOptionsValidator>().BindConfiguration("Live");
        services.AddOptionsWithValidateOnStart<LadderOptions, LadderOptionsValidator>().BindConfiguration("Ladder");
        services.AddSingleton(ports);
        services.AddSingleton<LessonStore>();
        services.AddSingleton<LessonDesk>();
        services.AddSingleton<LiveOrigin>();
        services.AddSingleton<IngestDesk>();
        services.AddHostedService<LessonEndLoop>();
        services.AddHostedService<LadderLoop>();
        return services;
    }
}
