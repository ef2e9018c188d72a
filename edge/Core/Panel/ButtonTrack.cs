namespace Edge.Core.Panel;

/// <summary>How contacts are read.</summary>
/// <param name="Debounce">A level counts when it has not changed for this long.</param>
/// <param name="Hold">A button kept down this long is held, not pressed.</param>
public readonly record struct ButtonTiming(TimeSpan Debounce, TimeSpan Hold)
{
    /// <summary>20 ms, twice the bounce of ordinary push buttons; 5 s, longer than anybody presses by accident.</summary>
    public static ButtonTiming Default { get; } = new(TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(5));
}

/// <summary>
/// One button's contact as seen so far: makes gestures out of bouncing edges. Times are read from one monotonic clock.
/// Edges may be handed over late: what counts is their own time, not when they are looked at.
/// </summary>
public readonly record struct ButtonTrack
{
    private ButtonTrack(PanelButton button, bool contact, TimeSpan at)
    {
        Button = button;
        Contact = contact;
        ContactSince = at;
        Down = contact;
        DownSince = at;
        Spent = contact;
    }

    public PanelButton Button { get; }

    /// <summary>The contact itself, bounce and all; true = closed.</summary>
    public bool Contact { get; private init; }

    /// <summary>When the contact last changed.</summary>
    public TimeSpan ContactSince { get; private init; }

    /// <summary>The finger, after debouncing; true = on the button.</summary>
    public bool Down { get; private init; }

    private TimeSpan DownSince { get; init; }

    /// <summary>This push has given its gesture.</summary>
    private bool Spent { get; init; }

    /// <summary>Begins with the level found. A button found down is stuck or leant on: it gives nothing until it was let go,
    /// else a crushed SAFE OFF would switch the box off at every start.</summary>
    public static ButtonTrack Found(PanelButton button, bool contact, TimeSpan at) => new(button, contact, at);

    /// <summary>Takes one edge. First settles what was due before it. An edge to the level already held changes nothing.</summary>
    public (ButtonTrack Track, Gesture? Gesture) Edge(bool contact, TimeSpan at, ButtonTiming timing)
    {
        if (contact == Contact)
            return (this, null);
        if (at < ContactSince)
            at = ContactSince;
        (ButtonTrack track, Gesture? gesture) = Settle(at, timing);
        return (track with { Contact = contact, ContactSince = at }, gesture);
    }

    /// <summary>What has become clear by <paramref name="now"/>; at most one gesture.</summary>
    public (ButtonTrack Track, Gesture? Gesture) Settle(TimeSpan now, ButtonTiming timing)
    {
        ButtonTrack track = this;
        bool wentUp = false;
        if (Contact != Down && now - ContactSince >= timing.Debounce)
        {
            wentUp = Down;
            track = Contact
                ? track with { Down = true, DownSince = ContactSince, Spent = false }
                : track with { Down = false };
        }

        // A finger that has left counts until it left, however late we look.
        TimeSpan heldFor = (track.Contact ? now : track.ContactSince) - track.DownSince;
        GestureKind? kind = track switch
        {
            { Spent: true } => null,
            { Down: true } when !Gesture.HasHold(Button) => GestureKind.Press,
            { Down: true, Contact: true } when heldFor >= timing.Hold => GestureKind.Hold,
            { Down: false } when wentUp && heldFor >= timing.Hold => GestureKind.Hold,
            { Down: false } when wentUp => GestureKind.Press,
            _ => null,
        };
        return kind is { } given ? (track with { Spent = true }, new Gesture(Button, given)) : (track, null);
    }
}
