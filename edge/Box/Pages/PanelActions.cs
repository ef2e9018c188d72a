using Edge.Box.Access;
using Edge.Box.Feedback;
using Edge.Core.Feedback;
using Edge.Core.Panel;

namespace Edge.Box.Pages;

/// <summary>Carries out what a press asks of the rest of the box. What the screen shows is not among it: the screen follows the panel's state.</summary>
public sealed class PanelActions(FeedbackDesk feedback, SiteFacts site, TeacherDoor door, IHostApplicationLifetime lifetime)
{
    /// <summary>Stands for the class when no lesson is on.</summary>
    public const string WholeSchool = "–";

    public async Task ActAsync(PanelEffect effect, CancellationToken cancellationToken)
    {
        switch (effect)
        {
            case PanelEffect.RecordHelpRequest help:
                string room = (help.Lesson is { } lesson ? site.Plan()?.Lesson(lesson)?.Class : null) ?? WholeSchool;
                await feedback.GiveAsync(new FeedbackDraft(FeedbackKind.HelpRequest, help.Lesson, null, new Seat(room, 0, SeatRole.Room), null, "", null), cancellationToken);
                break;
            case PanelEffect.LetIn phone:
                await door.LetInAsync(phone.Number);
                break;
            case PanelEffect.SafeOff:
                // Everything is on disk at any moment; stopping in order only spares the next start its repairs. The service unit does not start it again.
                lifetime.StopApplication();
                break;
        }
    }
}
