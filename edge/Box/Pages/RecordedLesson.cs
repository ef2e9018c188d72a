namespace Edge.Box.Pages;

/// <summary>A lesson that was broadcast and lies on the box. <paramref name="Complete"/>: no part of it is missing.</summary>
public sealed record RecordedLesson(string Id, string Title, string Class, TimeSpan Duration, bool Complete);
