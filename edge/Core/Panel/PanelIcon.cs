namespace Edge.Core.Panel;

/// <summary>The picture on the small display; its name is the picture's file name.</summary>
public enum PanelIcon
{
    Ready,
    Starting,
    Power,
    Reserve,
    Fault,
    Claim,
    Space,
    Hot,
    Language,
    Help,
    Qr,
    NextLesson,
    Awaited,
    Live,
    LiveLost,
    Kit,
    Replay,
    Paused,
    Stick,
}
