namespace EndToEnd.World;

/// <summary>Settings that take the waiting out of a box's day: what spares a thin link for minutes would only make a test slow.</summary>
public static class Quick
{
    public static Dictionary<string, string> Box => new()
    {
        ["Sync__FirstAttemptSpread"] = "00:00:00",
        ["Sync__FirstRetry"] = "00:00:00.200",
        ["Sync__MaxRetry"] = "00:00:01",
        ["Sync__Linger"] = "00:00:00.050",
        ["Sync__AckPatience"] = "00:00:05",
        ["Sync__StatusInterval"] = "00:00:00.500",
        ["Content__ListInterval"] = "00:00:00.500",
        ["Content__FirstWait"] = "00:00:00.200",
        ["Content__LongestWait"] = "00:00:01",
        ["Content__ReserveBytes"] = "0",
        ["Live__PollInterval"] = "00:00:00.500",
        ["Live__MaxRetryDelay"] = "00:00:00.500",
        ["Live__ReserveBytes"] = "0",
        ["Feedback__MaxQuestionsShown"] = "10000",
    };

    public static Dictionary<string, string> Relay => new()
    {
        ["Live__SegmentDuration"] = "00:00:01",
        ["Sync__DownPatience"] = "00:00:02",
        ["Sync__MaxRetry"] = "00:00:01",
    };
}
