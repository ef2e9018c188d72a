namespace Edge.Core.Panel;

/// <summary>The four lamps, from left to right.</summary>
public enum PanelLamp
{
    Power,
    Link,
    Lesson,
    Feedback,
}
