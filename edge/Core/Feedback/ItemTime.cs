namespace Edge.Core.Feedback;

/// <summary>How far the box's wall clock can be believed.</summary>
public enum TimeQuality : byte
{
    /// <summary>Nobody has set it since power-on.</summary>
    Unknown,
    /// <summary>Not earlier than a time the box saw before.</summary>
    Floor,
    /// <summary>Set from the relay's time.</summary>
    Relay,
    /// <summary>Set by a time service.</summary>
    Network,
}

/// <summary>When an item was given. Order comes from the sequence, never from here; the relay works out the real time
/// from any sample of the same boot whose quality is good.</summary>
/// <param name="Boot">Chance number of the power-on.</param>
/// <param name="MonotonicMs">Milliseconds since some fixed instant of that power-on.</param>
/// <param name="WallMs">What the wall clock said: milliseconds since 1970, right or wrong.</param>
/// <param name="Quality">How far <paramref name="WallMs"/> can be believed.</param>
public readonly record struct ItemTime(ulong Boot, long MonotonicMs, long WallMs, TimeQuality Quality);
