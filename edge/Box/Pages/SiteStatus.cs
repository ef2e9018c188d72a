using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Edge.Box.Content;
using Edge.Core.Content;
using Edge.Core.Sync;

namespace Edge.Box.Pages;

/// <summary>The box in figures: <c>/status</c> for people, <c>/status.json</c> for programs, the code on the screen for a technician's phone.</summary>
/// <param name="Software">Version of the program.</param>
/// <param name="Box">Its name; null before the claim.</param>
/// <param name="School">Its school's id; null before the claim.</param>
/// <param name="ClaimCode">The code to claim it by; null once claimed.</param>
/// <param name="LinkUp">The broker is reached and answers.</param>
/// <param name="SinceContact">Since the relay was last heard; null: not since the start.</param>
/// <param name="UnsentItems">Answers that the relay has not confirmed.</param>
/// <param name="FreeBytes">Room left on the disk.</param>
/// <param name="Lists">Versions of the signed lists, and how old they are.</param>
/// <param name="Packs">What is here and what is on its way.</param>
/// <param name="Waiting">Versions that are here and wait until a lesson is over.</param>
/// <param name="Lessons">Lessons of the plan with what they show.</param>
/// <param name="Uptime">Since the program started.</param>
/// <param name="Usb">The stick that is or was in lately.</param>
/// <param name="LinkHold">Why packs get nothing of the link now; <c>None</c> when they may.</param>
public sealed record SiteStatus(
    string Software,
    string? Box,
    string? School,
    string? ClaimCode,
    bool LinkUp,
    TimeSpan? SinceContact,
    long UnsentItems,
    long FreeBytes,
    ListVersions Lists,
    ImmutableArray<PackReport> Packs,
    ImmutableArray<WaitingVersion> Waiting,
    ImmutableArray<LessonStatus> Lessons,
    TimeSpan Uptime,
    UsbBundleReport? Usb,
    LinkHold LinkHold);

/// <summary>A lesson in the status.</summary>
public sealed record LessonStatus(string Id, LessonShows Shows, double EdgeSeconds);

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(SiteStatus))]
[JsonSerializable(typeof(KitList))]
internal sealed partial class PagesJson : JsonSerializerContext;

/// <summary>Pictures that stand in for the live picture of a lesson, in order; what the player asks for.</summary>
/// <param name="Sounds">Sounds of the kit that stand in for the teacher's voice.</param>
/// <param name="Cues">What the class does, and from when on.</param>
public sealed record KitList(ImmutableArray<KitPicture> Pictures, ImmutableArray<KitPicture> Sounds, ImmutableArray<KitCue> Cues);

/// <summary>A cue point for a page: what it says, and where its item is.</summary>
/// <param name="Href">Page of the item; null when it has none.</param>
public sealed record KitCue(int Second, string Kind, string Text, string? Href);

/// <summary>One picture of a kit, shown from <paramref name="Second"/> of the lesson on.</summary>
public sealed record KitPicture(string Src, int Second);
