namespace Edge.Box.Iptv;

/// <summary>Lessons for television sets on the LAN.</summary>
public static class IptvFeature
{
    public static IServiceCollection AddIptv(this IServiceCollection services, Func<IServiceProvider, IptvPorts> ports)
    {
        services.AddOptionsWithValidateOnStart<IptvOptions, IptvOptionsValidator>().BindConfiguration("Iptv");
        services.AddSingleton(ports);
        services.AddSingleton<MulticastLoop>();
        services.AddHostedService(services => services.GetRequiredService<MulticastLoop>());
        return services;
    }
}
