namespace Edge.Box.Neighbours;

/// <summary>Boxes on one LAN help each other.</summary>
public static class NeighbourFeature
{
    public static IServiceCollection AddNeighbours(this IServiceCollection services, Func<IServiceProvider, NeighbourPorts> ports)
    {
        services.AddOptionsWithValidateOnStart<NeighbourOptions, NeighbourOptionsValidator>().BindConfiguration("Neighbour");
        services.AddSingleton(ports);
        services.AddSingleton<Neighbourhood>();
        services.AddSingleton<NeighbourDoor>();
        services.AddHostedService<AvahiLoop>();
        return services;
    }
}
