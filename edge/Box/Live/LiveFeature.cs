namespace Edge.Box.Live;

/// <summary>Live lessons: from the relay to the disk to the class.</summary>
public static class LiveFeature
{
    public static IServiceCollection AddLive(this IServiceCollection services, Func<IServiceProvider, LivePorts> ports)
    {
        services.AddOptionsWithValidateOnStart<LiveOptions, LiveOptionsValidator>().BindConfiguration("Live");
        services.AddOptionsWithValidateOnStart<InputOptions, InputOptionsValidator>().BindConfiguration("Input");
        services.AddSingleton(ports);
        services.AddSingleton<LiveLessons>();
        services.AddHostedService<RestreamLoop>();
        services.AddHostedService<RecordingFillLoop>();
        services.AddHostedService<CaptionLoop>();
        return services;
    }
}
