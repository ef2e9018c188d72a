using System.Globalization;

namespace Edge.Core.Feedback;

/// <summary>Name of one item, unique without asking anybody: 64 bits of chance drawn at each start of the box's process,
/// and the item's number within that run. A restored or cloned card starts a new run, so it never reuses a name,
/// and within a batch all but the first cost next to nothing on the wire. Text form: 32 lower-case hex digits.</summary>
public readonly record struct ItemId(ulong Run, ulong Number)
{
    private static readonly System.Buffers.SearchValues<char> LowerHex = System.Buffers.SearchValues.Create("0123456789abcdef");

    public static bool TryParse(ReadOnlySpan<char> text, out ItemId id)
    {
        id = default;
        if (text.Length != 32 || text.ContainsAnyExcept(LowerHex))
            return false;
        id = new ItemId(ulong.Parse(text[..16], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
            ulong.Parse(text[16..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Run:x16}{Number:x16}");
}
