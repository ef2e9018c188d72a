using System.Text.Json;
using System.Text.Json.Serialization;
using Edge.Core.Feedback;
using Edge.Core.Identity;

namespace Edge.Core.Sync;

/// <summary>What an item down is. The names travel.</summary>
public enum DownKind
{
    /// <summary>An answer to <see cref="DownItem.About"/>.</summary>
    Answer,
    /// <summary><see cref="DownItem.About"/> will not be answered, and why.</summary>
    Declined,
    /// <summary>A word to a lesson or the school, about no item.</summary>
    Notice,
    /// <summary>A word of the teacher who teaches a lesson to those in the rooms; pupils do not see it.</summary>
    Note,
}

/// <summary>Something people at the centre send to one box: shown when it arrives, bound to its lesson.</summary>
/// <param name="Sequence">1, 2, 3 … per box. The box takes them in order and reports the last one on its disk (<see cref="EnvelopeHeader.DownThrough"/>).</param>
/// <param name="Id">Its name, 1 to 64 characters: one that came before under another sequence is shown once.</param>
/// <param name="Kind">What it is.</param>
/// <param name="About">The item it answers (<see cref="ItemId"/>), or null.</param>
/// <param name="Lesson">The lesson it belongs to, or null.</param>
/// <param name="Text">At most <see cref="MaxTextBytes"/> in UTF-8.</param>
/// <param name="Same">With <see cref="DownKind.Answer"/>: no answer yet, but word that others asked the same; the answer follows as an item of its own.
/// A member and no kind of its own, since a program of before refuses a message with a kind that it does not know and would take nothing behind it; this one it shows as an answer.</param>
/// <param name="Urgent">Sent ahead of its place as well, and kept on arrival; at most <see cref="MaxShortBytes"/>.</param>
/// <param name="Erratum">With <see cref="DownKind.Notice"/>: something that was taught or printed was wrong, and how it is right; at most <see cref="MaxShortBytes"/>.</param>
/// <param name="Expires">From when on it is worth nothing, by the relay's clock; null: never.</param>
/// <param name="At">The relay's clock when it was sent; there when <paramref name="Expires"/> is. The box's own clock is not asked.</param>
public sealed record DownItem(
    long Sequence,
    string Id,
    DownKind Kind,
    // Written when null too: the reader asks for them.
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? About,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Lesson,
    string Text,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Same = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Urgent = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Erratum = false,
    DateTimeOffset? Expires = null,
    DateTimeOffset? At = null)
{
    public const int MaxTextBytes = 2048;

    /// <summary>Longest text of what is urgent or an erratum: it must reach a box over the thinnest link within minutes of contact.</summary>
    public const int MaxShortBytes = 1024;

    /// <summary>Longest a message is worth keeping on its way: after that the relay sends it again anyway.</summary>
    internal static readonly TimeSpan MaxOnTheWay = TimeSpan.FromMinutes(2);

    /// <summary>What goes first while nothing of it was sent: what is urgent, then what people wait for, then words to all.</summary>
    [JsonIgnore]
    public FeedbackPriority Priority => Urgent ? FeedbackPriority.Urgent : Kind == DownKind.Notice && !Erratum ? FeedbackPriority.Low : FeedbackPriority.Normal;

    /// <summary>How long it may be.</summary>
    [JsonIgnore]
    public int MaxBytes => Urgent || Erratum ? MaxShortBytes : MaxTextBytes;

    /// <summary>What stands in its place once it expired: takes the place, shows nothing. A program of before shows it nowhere either.</summary>
    public DownItem Emptied() => new(Sequence, Id, DownKind.Notice, null, null, "");

    /// <summary>True when it only holds a place.</summary>
    [JsonIgnore]
    public bool IsEmptied => Kind == DownKind.Notice && Text.Length == 0;

    /// <summary>How long it is worth keeping on its way: at least a second, at most <see cref="MaxOnTheWay"/>.</summary>
    [JsonIgnore]
    public TimeSpan OnTheWay => Expires - At is { } left && left < MaxOnTheWay ? (left > TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1)) : MaxOnTheWay;

    [JsonIgnore]
    public bool IsSound =>
        Sequence > 0 && Id.Length is > 0 and <= 64 && Enum.IsDefined(Kind)
        && (About is null ? Kind is DownKind.Notice or DownKind.Note : ItemId.TryParse(About, out _))
        && (!Same || Kind == DownKind.Answer)
        && (!Erratum || Kind == DownKind.Notice)
        && Expires is null == At is null
        && (Lesson is null || Slug.IsValid(Lesson))
        && System.Text.Encoding.UTF8.GetByteCount(Text) <= MaxBytes;
}

/// <summary>Something changed at the relay that a box would otherwise find at its next look.</summary>
public enum Nudge
{
    /// <summary>There are newer signed lists.</summary>
    Lists,
    /// <summary>A lesson went live or ended.</summary>
    Live,
}

/// <summary>One message from the relay on <c>box/{id}/down</c>, JSON; exactly one of the first four members is there, and the pace only with an ack.</summary>
public sealed record DownMessage(Ack? Ack = null, EpochGrant? Epoch = null, DownItem? Item = null, Nudge? Nudge = null, LinkPace? Pace = null)
{
    /// <summary>Longest message; a longer one is not ours.</summary>
    public const int MaxBytes = 16 << 10;

    /// <summary>Seconds that a broker may keep it for a slow link; what waits longer comes again or is worth nothing.</summary>
    [JsonIgnore]
    public uint ExpirySeconds => (uint)(Item?.OnTheWay ?? DownItem.MaxOnTheWay).TotalSeconds;

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, SyncJson.Default.DownMessage);

    /// <summary>Null when the bytes are no sound message.</summary>
    public static DownMessage? Read(ReadOnlySpan<byte> json)
    {
        if (json.Length > MaxBytes || SyncJson.Read(json, SyncJson.Default.DownMessage) is not { } message)
            return null;
        int members = (message.Ack is null ? 0 : 1) + (message.Epoch is null ? 0 : 1) + (message.Item is null ? 0 : 1) + (message.Nudge is null ? 0 : 1);
        bool sound = members == 1
            && message.Item is null or { IsSound: true }
            && (message.Pace is not { } pace || (pace.IsSound && message.Ack is not null))
            && message.Epoch is null or { Epoch: > 0 }
            && (message.Nudge is not { } nudge || Enum.IsDefined(nudge));
        return sound ? message : null;
    }
}
