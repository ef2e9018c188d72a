using Edge.Core.Identity;

namespace Relay.Live;

/// <summary>A camera as staff ask for it.</summary>
/// <param name="Source">Where the relay fetches its stream; null: its encoder sends.</param>
/// <param name="Spare">Its sound stands in for that of the camera on air.</param>
public sealed record CameraRequest(string? Name, string? Source, bool Spare = false);

/// <summary>The first thing wrong with a camera that staff ask for.</summary>
public enum CameraFault { None, Id, Name, Source, NoSuchLesson, NoSuchCamera, TooMany, InUse }

/// <summary>Where staff add cameras and choose among them, whether by API or by console.</summary>
public sealed class CameraDesk(IngestDesk desk)
{
    /// <summary>Adds a camera to a lesson or changes one.</summary>
    public async Task<CameraFault> SaveAsync(string lesson, string id, CameraRequest request, CancellationToken cancellationToken)
    {
        if (!Slug.IsValid(id))
            return CameraFault.Id;
        if (request.Name is { Length: > Camera.MaxNameLength })
            return CameraFault.Name;
        if (request.Source is not null && !Camera.IsSource(request.Source))
            return CameraFault.Source;
        return Fault(await desk.SaveAsync(new Camera(lesson, id, request.Name ?? "", LessonDesk.NewKey(), request.Source, Chosen: false, request.Spare), cancellationToken));
    }

    public async Task<CameraFault> ChooseAsync(string lesson, string id, CancellationToken cancellationToken) => Fault(await desk.ChooseAsync(lesson, id, cancellationToken));

    public async Task<CameraFault> RemoveAsync(string lesson, string id, CancellationToken cancellationToken) => Fault(await desk.RemoveAsync(lesson, id, cancellationToken));

    private static CameraFault Fault(CameraOutcome outcome) => outcome switch
    {
        CameraOutcome.Done => CameraFault.None,
        CameraOutcome.NoSuchLesson => CameraFault.NoSuchLesson,
        CameraOutcome.TooMany => CameraFault.TooMany,
        CameraOutcome.InUse => CameraFault.InUse,
        _ => CameraFault.NoSuchCamera,
    };
}

/// <summary>Cameras in the staff API.</summary>
public static class CameraEndpoints
{
    public static void MapCameras(this IEndpointRouteBuilder routes)
    {
        routes.MapPut("/api/lessons/{id}/cameras/{camera}", async (string id, string camera, CameraRequest request, CameraDesk cameras, LessonStore lessons, LiveOrigin origin, IngestDesk desk, CancellationToken cancellationToken) =>
            Answer(await cameras.SaveAsync(id, camera, request, cancellationToken), id, lessons, origin, desk));

        routes.MapDelete("/api/lessons/{id}/cameras/{camera}", async (string id, string camera, CameraDesk cameras, LessonStore lessons, LiveOrigin origin, IngestDesk desk, CancellationToken cancellationToken) =>
            Answer(await cameras.RemoveAsync(id, camera, cancellationToken), id, lessons, origin, desk));

        routes.MapPost("/api/lessons/{id}/cameras/{camera}/choose", async (string id, string camera, CameraDesk cameras, LessonStore lessons, LiveOrigin origin, IngestDesk desk, CancellationToken cancellationToken) =>
            Answer(await cameras.ChooseAsync(id, camera, cancellationToken), id, lessons, origin, desk));
    }

    private static IResult Answer(CameraFault fault, string id, LessonStore lessons, LiveOrigin origin, IngestDesk desk) => fault switch
    {
        CameraFault.None when lessons.Find(id) is { } lesson => Results.Ok(LessonEndpoints.Summary(lesson, origin, desk)),
        CameraFault.Id => LessonEndpoints.Problem("a camera id has 1 to 64 lower-case letters, digits and hyphens"),
        CameraFault.Name => LessonEndpoints.Problem($"a camera's name has at most {Camera.MaxNameLength} letters"),
        CameraFault.Source => LessonEndpoints.Problem(LessonEndpoints.SourceRule),
        CameraFault.TooMany => LessonEndpoints.Problem($"a lesson has at most {CameraStore.MaxCameras} cameras", StatusCodes.Status409Conflict),
        CameraFault.InUse => LessonEndpoints.Problem("the main camera and the chosen one cannot be taken away", StatusCodes.Status409Conflict),
        CameraFault.NoSuchCamera => LessonEndpoints.Problem("this lesson has no such camera", StatusCodes.Status404NotFound),
        _ => LessonEndpoints.NoSuchLesson(),
    };
}
