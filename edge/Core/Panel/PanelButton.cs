namespace Edge.Core.Panel;

/// <summary>The six buttons, the same on the box, on the page and on the classroom remote.</summary>
public enum PanelButton
{
    /// <summary>Starts the lesson that is due; "back to live" while a stored copy shows.</summary>
    Start,

    /// <summary>Stops the picture and lets it go on.</summary>
    Pause,

    /// <summary>Next item of the lesson kit; otherwise chooses the next lesson of the day.</summary>
    Next,

    /// <summary>Goes round the languages that the box has.</summary>
    Language,

    /// <summary>Help on the screen; held, the status as a QR code.</summary>
    Help,

    /// <summary>Recessed. Pressed twice, or held: closes the box cleanly.</summary>
    SafeOff,
}
