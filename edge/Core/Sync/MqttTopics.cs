using Edge.Core.Identity;

namespace Edge.Core.Sync;

/// <summary>What a box publishes to the relay.</summary>
public enum UpTopic
{
    /// <summary>Envelopes of feedback.</summary>
    Up,
    /// <summary>Envelopes of urgent items that overtake what is owed before them; the same items come again in their order, and are known by their content.</summary>
    Urgent,
    /// <summary><see cref="StatusReport"/>.</summary>
    Status,
    /// <summary>One byte: "1" on connect, "0" as its last will.</summary>
    Presence,
}

/// <summary>The topics of box and relay: a box publishes <c>box/{id}/up|urgent|status|presence</c> and subscribes <c>box/{id}/down</c>, nothing else.</summary>
public static class MqttTopics
{
    private const string Root = "box/";

    public static string Up(BoxId box) => $"{Root}{box}/up";

    public static string Urgent(BoxId box) => $"{Root}{box}/urgent";

    public static string Status(BoxId box) => $"{Root}{box}/status";

    public static string Presence(BoxId box) => $"{Root}{box}/presence";

    public static string Down(BoxId box) => $"{Root}{box}/down";

    /// <summary>What the relay subscribes at a broker of its own kind.</summary>
    public static IReadOnlyList<string> RelaySubscriptions { get; } = [$"{Root}+/up", $"{Root}+/urgent", $"{Root}+/status", $"{Root}+/presence"];

    /// <summary>Whose topic this is and which; false for any other topic.</summary>
    public static bool TryParse(string topic, out BoxId box, out UpTopic kind)
    {
        box = default;
        kind = default;
        if (!topic.StartsWith(Root, StringComparison.Ordinal))
            return false;
        int slash = topic.IndexOf('/', Root.Length);
        if (slash < 0 || !BoxId.TryParse(topic[Root.Length..slash], out box))
            return false;
        UpTopic? found = topic[(slash + 1)..] switch { "up" => UpTopic.Up, "urgent" => UpTopic.Urgent, "status" => UpTopic.Status, "presence" => UpTopic.Presence, _ => null };
        kind = found ?? default;
        return found is not null;
    }

    /// <summary>The whole rule of what a box may publish.</summary>
    public static bool MayPublish(BoxId box, string topic) => TryParse(topic, out BoxId owner, out _) && owner == box;

    /// <summary>The whole rule of what a box may subscribe.</summary>
    public static bool MaySubscribe(BoxId box, string filter) => filter == Down(box);
}
