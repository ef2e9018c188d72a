using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Edge.Box.Bundle;

/// <summary>How the box deals with USB sticks. Section <c>Usb</c>.</summary>
public sealed class UsbOptions
{
    /// <summary>Folder in which each plugged-in stick shows up as a folder of its own. Default none: sticks are not looked for. <c>/run/edge-usb</c> on the appliance.</summary>
    public string? MountRoot { get; set; }

    /// <summary>How often that folder is looked at. Default 1 s: a caretaker waits that long for a sign.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan WatchInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long the panel and the pages tell what became of a stick that is no longer in. Default 2 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan ShownFor { get; set; } = TimeSpan.FromMinutes(2);
}

[OptionsValidator]
public sealed partial class UsbOptionsValidator : IValidateOptions<UsbOptions>;
