using Edge.Core.Live;
using Edge.Media.Srt;

namespace Relay.Live;

/// <summary>One input of a lesson. Every lesson has the one named <see cref="Main"/>.</summary>
/// <param name="Name">As staff call it; may be empty.</param>
/// <param name="Key">The secret that its encoder knows: the end of an address, a stream key, a stream id.</param>
/// <param name="Source">Where the relay fetches its stream; null: the encoder sends it.</param>
/// <param name="Chosen">Staff want to see it; one of each lesson.</param>
/// <param name="Spare">Its sound stands in for that of the camera on air; at most one of each lesson.</param>
public sealed record Camera(string Lesson, string Id, string Name, string Key, string? Source, bool Chosen, bool Spare)
{
    public const string Main = "main";

    public const int MaxNameLength = 80;

    /// <summary>Can the relay fetch this?</summary>
    public static bool IsSource(string text) => MediaSource.TryParse(text, out _);
}

/// <summary>How a camera stands.</summary>
public enum CameraStage
{
    /// <summary>Nobody is connected.</summary>
    Away,
    /// <summary>Connected, and no segment yet.</summary>
    Beginning,
    /// <summary>Its picture can be shown.</summary>
    Good,
    /// <summary>Connected, and its bytes stopped or give no segments.</summary>
    Failing,
    /// <summary>Its picture is of a kind that browsers cannot show.</summary>
    WrongCodec,
}

/// <summary>What is known of a camera.</summary>
/// <param name="OnAir">Classes see it.</param>
/// <param name="Silence">Since it last sent something; null: it has not since the relay started.</param>
/// <param name="Bytes">Received since the relay started.</param>
/// <param name="Program">What its stream carries.</param>
public sealed record CameraState(Camera Camera, CameraStage Stage, bool OnAir, TimeSpan? Silence, long Bytes, TsProgram? Program)
{
    /// <summary>How its SRT connection does; null: it comes by another road.</summary>
    public SrtFigures? Srt { get; init; }

    /// <summary>How loud its sound is; null: not known.</summary>
    public SoundLevel? Level { get; init; }

    /// <summary>Classes hear it, with its own picture or with another's.</summary>
    public bool Heard { get; init; }
}
