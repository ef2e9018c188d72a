using Edge.Core.Panel;

namespace Edge.Box.Pages;

/// <summary>How far the box is between plug and unplug; the panel's power lamp shows it.</summary>
public sealed class PowerState
{
    private volatile int _status = (int)PowerStatus.Starting;

    public PowerStatus Status
    {
        get => (PowerStatus)_status;
        set => _status = (int)value;
    }
}
