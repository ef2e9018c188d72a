namespace Edge.Core.Content;

/// <summary>What became of a stick, in the words that people are told.</summary>
public enum UsbOutcome
{
    /// <summary>Being read now.</summary>
    Reading,
    /// <summary>Something new came in.</summary>
    Imported,
    /// <summary>All that it holds was here already.</summary>
    NothingNew,
    /// <summary>Nothing of ours is on it.</summary>
    NoBundle,
    /// <summary>It holds something for other schools only.</summary>
    OtherSchool,
    /// <summary>It was pulled while it was made, copied in part, or is damaged: what was sound was taken in.</summary>
    NotWhole,
    /// <summary>Its lists are not signed by whom this box trusts; nothing of it was taken in.</summary>
    NotTrusted,
    /// <summary>It was pulled while the box read it: what had come was kept.</summary>
    Pulled,
    /// <summary>No school has claimed the box yet, so it does not know whom to trust.</summary>
    NotClaimed,
    /// <summary>The box has no room for it.</summary>
    Full,
    /// <summary>The box could not keep what it read: its own disk makes trouble.</summary>
    Failed,
}

/// <summary>How a stick stands with this box.</summary>
/// <param name="Outcome">What became of it so far.</param>
/// <param name="DoneBytes">Read or found to be here.</param>
/// <param name="TotalBytes">What it holds for this school.</param>
/// <param name="NewBytes">Bytes of chunks that came in.</param>
/// <param name="NewLists">Signed lists that came into force.</param>
/// <param name="WholePacks">Planned pack versions of the stick of which every chunk is here now.</param>
/// <param name="Packs">Planned pack versions that the stick names.</param>
/// <param name="Damaged">Objects and chunks that were missing on the stick or not what their name says.</param>
/// <param name="Returned">Items of feedback written onto the stick.</param>
public readonly record struct UsbBundleReport(
    UsbOutcome Outcome,
    long DoneBytes = 0,
    long TotalBytes = 0,
    long NewBytes = 0,
    int NewLists = 0,
    int WholePacks = 0,
    int Packs = 0,
    int Damaged = 0,
    int Returned = 0)
{
    /// <summary>0 to 100.</summary>
    public int Percent => TotalBytes <= 0 ? 0 : (int)Math.Clamp(DoneBytes * 100 / TotalBytes, 0, 100);

    /// <summary>The word at the end, from the counts.</summary>
    /// <param name="refused">A list was not signed by whom this box trusts.</param>
    public UsbBundleReport Ended(bool refused) => this with
    {
        Outcome = refused && NewLists == 0 && NewBytes == 0 ? UsbOutcome.NotTrusted
            : Damaged > 0 ? UsbOutcome.NotWhole
            : NewBytes > 0 || NewLists > 0 ? UsbOutcome.Imported
            : UsbOutcome.NothingNew,
    };
}
