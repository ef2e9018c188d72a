namespace Relay.Bundle;

/// <summary>Packs and feedback on USB sticks.</summary>
public static class UsbFeature
{
    public static IServiceCollection AddUsb(this IServiceCollection services, Func<IServiceProvider, UsbPorts> ports)
    {
        services.AddSingleton(ports);
        services.AddSingleton<UsbBundleDesk>();
        return services;
    }
}
