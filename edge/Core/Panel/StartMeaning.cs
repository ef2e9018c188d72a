namespace Edge.Core.Panel;

/// <summary>What the green button does at this moment.</summary>
public enum StartMeaning
{
    /// <summary>The lesson already plays as well as it can.</summary>
    Nothing,
    Start,
    BackToLive,
    Resume,
}
