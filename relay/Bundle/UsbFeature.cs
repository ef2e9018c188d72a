namespace Relay.Bundle;

/// <summary>Packs and feedback on USB sticks.</summary>
public static class UsbFeature
{
    public static IServiceCollection AddUsb(this IServiceCollection services, ReturnKeys keys, Func<IServiceProvider, UsbPorts> ports, Func<IServiceProvider, ReturnPorts> returns)
    {
        services.AddSingleton(ports);
        services.AddSingleton(returns);
        services.AddSingleton(_ => keys);
        services.AddSingleton<UsbBundleDesk>();
        services.AddSingleton<UsbReturnDesk>();
        return services;
    }
}
