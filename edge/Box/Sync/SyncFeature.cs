namespace Edge.Box.Sync;

/// <summary>The link to the relay.</summary>
public static class SyncFeature
{
    public static IServiceCollection AddSync(this IServiceCollection services, Func<IServiceProvider, LinkPorts> ports)
    {
        services.AddOptionsWithValidateOnStart<SyncOptions, SyncOptionsValidator>().BindConfiguration("Sync");
        services.AddSingleton(ports);
        services.AddSingleton<LinkState>();
        services.AddSingleton<LinkEar>();
        services.AddSingleton<HttpsLink>();
        services.AddHostedService<MqttLinkLoop>();
        return services;
    }
}
