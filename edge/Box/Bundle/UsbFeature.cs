namespace Edge.Box.Bundle;

/// <summary>USB sticks.</summary>
public static class UsbFeature
{
    public static IServiceCollection AddUsb(this IServiceCollection services, Func<IServiceProvider, UsbPorts> ports, Func<IServiceProvider, UsbReturnPorts> returns)
    {
        services.AddOptionsWithValidateOnStart<UsbOptions, UsbOptionsValidator>().BindConfiguration("Usb");
        services.AddSingleton(ports);
        services.AddSingleton(returns);
        services.AddSingleton<UsbReturnWriter>();
        services.AddSingleton<UsbState>();
        services.AddSingleton<UsbDesk>();
        services.AddHostedService<UsbWatchLoop>();
        return services;
    }
}
