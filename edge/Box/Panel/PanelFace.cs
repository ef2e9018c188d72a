using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Edge.Core.Panel;

namespace Edge.Box.Panel;

/// <summary>The panel in words, in its own language: what /panel/state.json gives and what pages are made from.</summary>
/// <param name="Version">Ask with <c>after=</c> this for the next one.</param>
/// <param name="AtMs">The panel's clock when this was made. A lamp is lit while (clock mod (lit + dark)) &lt; lit.</param>
/// <param name="Lamps">From left to right.</param>
/// <param name="Buttons">In the order of the box.</param>
public sealed record PanelFace(
    long Version,
    long AtMs,
    string Language,
    ImmutableArray<LampFace> Lamps,
    DisplayFace Display,
    ScreenFace Screen,
    ImmutableArray<ButtonFace> Buttons,
    bool SafeOffAsked)
{
    /// <param name="now">The panel's clock.</param>
    /// <param name="text">Language, key, arguments → text.</param>
    public static PanelFace Of(PanelSnapshot snapshot, TimeSpan now, Func<string, string, object[], string> text)
    {
        PanelView view = snapshot.View;
        return new PanelFace(
            snapshot.Version,
            now.Ticks / TimeSpan.TicksPerMillisecond,
            view.Language,
            [.. Enum.GetValues<PanelLamp>().Select(Lamp)],
            new DisplayFace(view.Display.Icon, view.Display.Digits, Say(view.Display.Line), view.Display.FaultCode),
            new ScreenFace(
                view.Screen.Lesson, view.Screen.Source, view.Screen.Paused, view.Screen.Item, view.Screen.Run, view.Screen.Overlay,
                view.Screen.Strip is { } strip ? Say(strip) : null, view.Screen.From),
            [.. Enum.GetValues<PanelButton>().Select(Button)],
            view.SafeOffAsked);

        LampFace Lamp(PanelLamp lamp)
        {
            (LampPattern pattern, PanelText meaning) = view[lamp];
            (TimeSpan lit, TimeSpan dark) = pattern.Cycle;
            return new LampFace(
                lamp, Say(new PanelText($"panel.lamp.{Name(lamp)}")), pattern.ColourName, pattern.RhythmName, (int)lit.TotalMilliseconds, (int)dark.TotalMilliseconds,
                pattern.Rhythm == LampRhythm.Off ? Say(pattern.RhythmText) : $"{Say(pattern.ColourText)}, {Say(pattern.RhythmText)}",
                Say(meaning));
        }

        ButtonFace Button(PanelButton button) => new(
            button,
            Say(button == PanelButton.Start ? view.StartLabel : new PanelText($"panel.button.{Name(button)}")),
            Glows: button == PanelButton.Start && view.StartGlows,
            HasHold: Gesture.HasHold(button));

        string Say(PanelText what) => text(view.Language, what.Key, what.Arguments);
    }

    /// <summary>"safe-off": the name in addresses, JSON and text keys.</summary>
    public static string Name<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    /// <summary>The button of that name in an address; null = there is none.</summary>
    public static PanelButton? ButtonOf(string name) =>
        Enum.GetValues<PanelButton>().Where(button => Name(button) == name).Select(button => (PanelButton?)button).FirstOrDefault();
}

/// <param name="Colour">dark, white, green, amber, red or blue.</param>
/// <param name="Rhythm">off, steady, slow-blink, blink, pulse or flash.</param>
/// <param name="LitMs">Lit so long, then dark for <paramref name="DarkMs"/>, over and over.</param>
/// <param name="PatternText">Colour and rhythm for people.</param>
/// <param name="Meaning">What it means now, for people.</param>
public sealed record LampFace(PanelLamp Lamp, string Label, string Colour, string Rhythm, int LitMs, int DarkMs, string PatternText, string Meaning);

public sealed record DisplayFace(PanelIcon Icon, string Digits, string Line, string? FaultCode);

/// <inheritdoc cref="ScreenView"/>
public sealed record ScreenFace(string? Lesson, LessonSource? Source, bool Paused, int Item, int Run, ScreenOverlay Overlay, string? Strip, int? From);

/// <param name="HasHold">Can be held for a second meaning.</param>
public sealed record ButtonFace(PanelButton Button, string Label, bool Glows, bool HasHold);

internal sealed class KebabNames<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.KebabCaseLower)
    where T : struct, Enum;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, Converters =
[
    typeof(KebabNames<PanelLamp>), typeof(KebabNames<PanelIcon>), typeof(KebabNames<LessonSource>), typeof(KebabNames<ScreenOverlay>), typeof(KebabNames<PanelButton>),
])]
[JsonSerializable(typeof(PanelFace))]
internal sealed partial class PanelFaceJson : JsonSerializerContext;
