using System.Text;
using CsCheck;
using Edge.Core.Content;
using Edge.Core.Text;
using TestKit;
using Xunit;

namespace Edge.Core.Tests.Content;

public sealed class SitePlanTests
{
    private static readonly DateTimeOffset Spring = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);

    private static readonly SitePlan Sample = new(7, "hill", LocalText.Of("zh-Hans", "山").And("en", "Hill"),
        [new PlannedPack("maths-3a", 2, Spring, 1, Pinned: true), new PlannedPack("notes", 1, null, 0)],
        [new PlannedLesson("l1", LocalText.Of("en", "Fractions"), "3A", "maths", Spring, TimeSpan.FromMinutes(40), "maths-3a", true, LessonStage.Running,
            [new Poll("p1", LocalText.Of("en", "Ready?"), [LocalText.Of("en", "yes"), LocalText.Of("en", "no")], TimeSpan.FromSeconds(90))])],
        Spring, Spring.AddDays(30));

    [Fact]
    public void A_plan_comes_back_as_it_was() => Assert.Equal(Sample.ToPayload(), SitePlan.Read(Sample.ToPayload())!.ToPayload());

    [Fact]
    public void A_choice_without_words_makes_it_no_plan()
    {
        string text = Encoding.UTF8.GetString(Sample.ToPayload());
        string holed = text.Replace("""{"en":"no"}""", "null", StringComparison.Ordinal);
        Assert.NotEqual(text, holed);
        Assert.Null(SitePlan.Read(Encoding.UTF8.GetBytes(holed)));
    }

    /// <summary>What is read as a plan can be used as one.</summary>
    [Fact]
    public void Any_bytes_are_read_or_refused_and_never_crash()
    {
        byte[] plan = Sample.ToPayload();
        string text = Encoding.UTF8.GetString(plan);
        var catalogue = new Catalogue(3, [new CataloguePack("maths-3a", [new CatalogueVersion(2, ChunkId.Of("m"u8), 100, false)])]);
        string[] holes = ["null", "[null]", "{}", "[]", "\"\"", "-1", "1e400", "[[]]"];
        Gen.Select(Gen.Byte.Array[0, 40], Gen.Int[0, 100_000], Gen.Int[0, holes.Length - 1]).Sample((noise, at, hole) =>
        {
            byte[] mixed = [.. plan];
            for (int i = 0; i < noise.Length; i++)
                mixed[(at + i * 11) % mixed.Length] = noise[i];
            int colon = text.IndexOf(':', at % text.Length);
            int end = colon < 0 ? -1 : text.IndexOfAny([',', '}'], colon);
            byte[] holed = end < 0 ? [] : Encoding.UTF8.GetBytes(text[..(colon + 1)] + holes[hole] + text[end..]);
            foreach (byte[] bytes in (byte[][])[mixed, holed, noise, plan[..(at % plan.Length)]])
            {
                if (SitePlan.Read(bytes) is not { } read)
                    continue;
                _ = read.ToPayload();
                _ = FetchPlan.Goals(read, catalogue);
                Assert.All(read.Lessons, lesson => Assert.All(lesson.Polls, poll => Assert.DoesNotContain(poll.Options, option => option is null)));
            }
        }, iter: Fuzz.Inputs);
    }
}
