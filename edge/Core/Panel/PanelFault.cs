namespace Edge.Core.Panel;

/// <summary>
/// A fault that a person at the school can do something about. The number is the code on the display, on the label and
/// in the booklet: two digits, each used once, never given a second meaning. Tens tell where to look:
/// 1 network, 2 identity, 3 storage, 4 power and heat.
/// </summary>
public enum PanelFault
{
    /// <summary>No cable, no Wi-Fi, no modem: the box sees no network at all.</summary>
    NoNetwork = 11,

    /// <summary>The network is there but the router gives no address.</summary>
    NoAddress = 12,

    /// <summary>Wi-Fi or modem refuses the password.</summary>
    NetworkPassword = 13,

    /// <summary>No SIM card, or it is locked.</summary>
    SimCard = 14,

    /// <summary>The network answers but lets nothing out: a sign-in page or an unpaid line.</summary>
    NetworkSignIn = 15,

    /// <summary>Someone answers in the relay's name who is not the relay.</summary>
    RelayNotTrusted = 16,

    /// <summary>The relay refuses this box: it was replaced or locked.</summary>
    BoxRefused = 21,

    /// <summary>The claim code ran out before anybody typed it in.</summary>
    ClaimExpired = 22,

    /// <summary>Little room left on the disk.</summary>
    SpaceLow = 31,

    /// <summary>The disk makes errors; it must be replaced.</summary>
    DiskFailing = 32,

    /// <summary>Too hot: the vents are covered.</summary>
    Hot = 41,

    /// <summary>The power supply is too weak.</summary>
    WeakPower = 42,
}

/// <summary>What belongs to a fault.</summary>
public static class PanelFaults
{
    /// <summary>The two digits.</summary>
    public static string Code(this PanelFault fault) => ((int)fault).ToString("00", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>One short line: what is wrong and the one thing to do.</summary>
    public static PanelText Line(this PanelFault fault) => new($"panel.fault.{fault.Code()}");
}
