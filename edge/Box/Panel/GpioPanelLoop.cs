using System.Device.Gpio;
using Edge.Core.Panel;
using Edge.Hardware;
using Microsoft.Extensions.Options;

namespace Edge.Box.Panel;

/// <summary>The pins as one more face of the panel. A box teaches without its lamps: when the pins cannot be reached, it says so and tries again later. Without <see cref="PanelGpioOptions.Enabled"/> it does nothing.</summary>
/// <param name="open">Reaches the pins.</param>
public sealed class GpioPanelLoop(PanelHub hub, Func<PanelGpioOptions, GpioController> open, IOptions<PanelOptions> options, TimeProvider time, ILogger<GpioPanelLoop> log)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        PanelGpioOptions gpio = options.Value.Gpio;
        while (gpio.Enabled)
        {
            try
            {
                await RunAsync(gpio, stoppingToken);
            }
            // What the drivers throw when chip, library, right or pin is missing, or a pin is taken.
            catch (Exception e) when (e is IOException or PlatformNotSupportedException or UnauthorizedAccessException or DllNotFoundException)
            {
                log.PinsOutOfReach(gpio.RetryAfter, e);
                await Task.Delay(gpio.RetryAfter, time, stoppingToken);
            }
        }
    }

    private async Task RunAsync(PanelGpioOptions gpio, CancellationToken stoppingToken)
    {
        using GpioController controller = open(gpio);
        using var panel = new GpioPanel(controller, gpio, time);
        log.PinsReady();
        await panel.RunAsync(() => hub.Current.View, Press, stoppingToken);
    }

    private void Press(Gesture gesture)
    {
        if (!hub.Press(gesture with { AtBox = true }))
            log.PressRefused(gesture.Button);
    }
}
