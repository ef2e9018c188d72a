using System.Text.RegularExpressions;
using CsCheck;
using Edge.Box.Panel;
using Edge.Core.Panel;
using Edge.Core.Tests.Panel;
using Edge.Core.Text;
using Edge.Hardware;
using Xunit;

namespace Edge.Box.Tests.Panel;

public partial class PanelTextsTests
{
    private static readonly string Checked = Path.Combine(AppContext.BaseDirectory, "Checked");

    private static readonly Texts Texts = new(((string[])["en", "zh-Hans"])
        .Select(language => KeyValuePair.Create(language, File.ReadAllBytes(Path.Combine(Checked, "Locales", language + ".json")))));

    [Fact]
    public void Both_languages_have_the_same_texts_with_the_same_places()
    {
        string[] keys = [.. PanelKeys("en")];
        Assert.NotEmpty(keys);
        Assert.Equal(keys.Order(), PanelKeys("zh-Hans").Order());
        Assert.All(keys, key => Assert.Equal(Places(Texts.Get("en", key)), Places(Texts.Get("zh-Hans", key))));
    }

    [Fact]
    public void Whatever_happens_is_told_in_words_and_no_text_is_there_for_nothing()
    {
        HashSet<string> used = [.. Enum.GetValues<PanelFault>().Select(fault => fault.Line().Key)];
        PanelGen.Day.Sample(day =>
        {
            PanelState state = PanelState.Initial;
            TimeSpan now = TimeSpan.Zero;
            foreach ((PanelFacts facts, Gesture? gesture, TimeSpan after) in day)
            {
                now += after;
                (state, _) = PanelMachine.Step(state, facts, new PanelInput(now, gesture));
                _ = PanelFace.Of(new PanelSnapshot(1, PanelView.Of(state, facts, now)), now, (language, key, arguments) =>
                {
                    lock (used)
                        used.Add(key);
                    string text = Texts.Format(language, key, arguments);
                    Assert.NotEqual(key, text);
                    // Every argument is said and every place is filled.
                    Assert.All(arguments, argument => Assert.Contains((string)argument, text, StringComparison.Ordinal));
                    return text;
                });
            }
        }, iter: 2_000);
        Assert.Equal(PanelKeys("en").Order(), used.Order());
    }

    [Fact]
    public void The_board_sheet_names_every_pin_and_every_fault_code()
    {
        string sheet = File.ReadAllText(Path.Combine(Checked, "board.md"));
        PanelGpioOptions options = new();
        Assert.All(
            options.Buttons.All.Select(wired => wired.Pin).Concat(Enum.GetValues<PanelLamp>().SelectMany(lamp => options.Lamp(lamp).All)),
            pin => Assert.Matches($@"\| *GPIO{pin} *\|", sheet));
        Assert.All(Enum.GetValues<PanelFault>(), fault => Assert.Matches($@"\| *{fault.Code()} *\|", sheet));
        Assert.Equal(Enum.GetValues<PanelFault>().Length, FaultRow().Count(sheet));
    }

    private static IEnumerable<string> PanelKeys(string language) => Texts.KeysOf(language).Where(key => key.StartsWith("panel.", StringComparison.Ordinal));

    private static IEnumerable<string> Places(string text) => Place().Matches(text).Select(match => match.Value).Order();

    [GeneratedRegex(@"\{[0-9]\}")]
    private static partial Regex Place();

    [GeneratedRegex(@"^\| *[1-9][0-9] *\|", RegexOptions.Multiline)]
    private static partial Regex FaultRow();
}
