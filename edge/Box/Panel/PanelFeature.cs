using System.Device.Gpio;
using Edge.Core.Panel;
using Edge.Hardware;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Edge.Box.Panel;

/// <summary>The panel: hub, page face, GPIO face.</summary>
public static class PanelFeature
{
    /// <summary>To be added before all features that must close cleanly: hosted services stop in reverse order,
    /// and lamps that went dark tell people that they may unplug.</summary>
    /// <param name="joins">What the panel needs of the rest of the box.</param>
    public static IServiceCollection AddPanel(this IServiceCollection services, Func<IServiceProvider, PanelJoins> joins)
    {
        services.AddOptionsWithValidateOnStart<PanelOptions, PanelOptionsValidator>().BindConfiguration("Panel");
        services.AddSingleton<IValidateOptions<PanelOptions>, PanelPinsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(joins);
        services.AddSingleton(Hub);
        services.AddSingleton<PanelEndpoints>();
        services.TryAddSingleton<Func<PanelGpioOptions, GpioController>>(GpioPanel.Open);
        services.AddHostedService<GpioPanelLoop>();
        services.AddHostedService<PanelLoop>();
        services.AddHostedService<PanelEffectLoop>();
        services.AddHostedService<PanelMemoryLoop>();
        return services;
    }

    public static void MapPanel(this IEndpointRouteBuilder routes) => PanelEndpoints.Map(routes);

    private static PanelHub Hub(IServiceProvider provider)
    {
        PanelJoins joins = provider.GetRequiredService<PanelJoins>();
        PanelMemory? memory = PanelMemoryLoop.Restore(joins.DataFolder, provider.GetRequiredService<ILogger<PanelMemoryLoop>>());
        return new PanelHub(
            memory?.ToState() ?? PanelState.Initial, joins.Facts, provider.GetRequiredService<IOptions<PanelOptions>>().Value.EffectQueue,
            provider.GetRequiredService<TimeProvider>());
    }
}
