namespace Edge.Core.Feedback;

/// <summary>What a person gave. The numbers travel and rest on disk: never reuse one.</summary>
public enum FeedbackKind : byte
{
    Question = 1,
    /// <summary><see cref="FeedbackItem.Subject"/> is the poll, the content the index of the option. The last vote of a seat counts.</summary>
    PollAnswer = 2,
    /// <summary><see cref="FeedbackItem.Subject"/> is the exercise.</summary>
    ExerciseAnswer = 3,
    Attendance = 4,
    /// <summary>Something did not work.</summary>
    Problem = 5,
    /// <summary>Somebody in the room asks for help: a pupil's raised hand or the panel's HELP.</summary>
    HelpRequest = 6,
    /// <summary>A word of the teacher in the room to the one who teaches the lesson.</summary>
    Note = 7,
    /// <summary>A raised hand: the content is <see cref="ClassSignal.Up"/> or <see cref="ClassSignal.Down"/>. The last one of a seat counts.</summary>
    Hand = 8,
    /// <summary>"I cannot follow", likewise.</summary>
    Lost = 9,
    /// <summary>Words in answer to a question without options; <see cref="FeedbackItem.Subject"/> is the poll. The last one of a seat counts.</summary>
    ShortAnswer = 10,
    /// <summary>How much the box was used on a day (<see cref="UsageDay"/>): counted by the box itself, kept by the relay apart from what people give.</summary>
    Usage = 11,
    /// <summary>Stands in for an item whose bytes the box's card lost, so that the loss is counted and the sequence has no hole.</summary>
    Damaged = 255,
}

/// <summary>What goes first when the link is short.</summary>
public enum FeedbackPriority : byte { Urgent, Normal, Low }
