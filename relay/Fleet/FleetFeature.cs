namespace Relay.Fleet;

/// <summary>Schools, boxes, claims.</summary>
public static class FleetFeature
{
    public static IServiceCollection AddFleet(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<FleetOptions, FleetOptionsValidator>().BindConfiguration("Fleet");
        services.AddSingleton<FleetStore>();
        services.AddSingleton<EnrolmentDesk>();
        return services;
    }
}
