using System.Collections.Immutable;
using CsCheck;
using Edge.Core.Content;
using Xunit;

namespace Edge.Core.Tests.Content;

public sealed class LocalLayerTests
{
    private static readonly ImmutableArray<PackFile> Base = [File("a.txt", 1), File("b.odp", 2), File("film.mp4", 3), File("film.vtt", 4) with { Kind = FileKind.Caption, CaptionOf = "film.mp4" }];

    private static readonly string[] Paths = ["a.txt", "b.odp", "film.mp4", "film.vtt", "c.pdf", "b.pdf", "d/e.txt"];

    [Fact]
    public void Each_of_the_three_shows_and_its_undoing_shows_the_original()
    {
        LocalLayer layer = With(LocalLayer.None, 1, LocalChangeKind.Delete, "a.txt", null);
        layer = With(layer, 2, LocalChangeKind.Replace, "b.odp", File("b.pdf", 50));
        layer = With(layer, 3, LocalChangeKind.Add, "c.txt", File("c.txt", 51));
        LayeredFiles shown = layer.Over(Base);
        Assert.Equal(["b.pdf", "film.mp4", "film.vtt", "c.txt"], shown.Files.Select(file => file.Path));
        Assert.Equal([2, 3], shown.Changed.Values.Select(change => change.Number).Order());
        Assert.Empty(shown.Clashes);
        Assert.Equal(["a.txt", "b.pdf", "film.mp4", "film.vtt", "c.txt"], layer.Without(1).Over(Base).Files.Select(file => file.Path));
        Assert.Equal(Base, layer.Without(1).Without(2).Without(3).Over(Base).Files);
    }

    [Theory]
    [InlineData(LocalChangeKind.Add, "a.txt", "taken")]
    [InlineData(LocalChangeKind.Add, "A.TXT", "taken")]
    [InlineData(LocalChangeKind.Add, "a.txt/b.txt", "taken")]
    [InlineData(LocalChangeKind.Add, "../x", "name")]
    [InlineData(LocalChangeKind.Delete, "none.txt", "unknown")]
    [InlineData(LocalChangeKind.Replace, "none.txt", "unknown")]
    public void What_cannot_be_is_refused_with_a_word(LocalChangeKind kind, string path, string problem)
    {
        Assert.Null(LocalLayer.None.With(1, kind, path, kind == LocalChangeKind.Delete ? null : File(path, 60), Base, out string said));
        Assert.Equal(problem, said);
    }

    [Fact]
    public void A_clash_is_asked_about_once_with_both_versions_and_comes_again_only_with_another_correction()
    {
        LocalLayer layer = With(LocalLayer.None, 1, LocalChangeKind.Replace, "a.txt", File("a.txt", 50));
        ImmutableArray<PackFile> corrected = Base.Replace(Base[0], File("a.txt", 9));
        LayerClash clash = Assert.Single(layer.Over(corrected).Clashes);
        Assert.Equal((50, 9), (Seed(clash.Mine.File!), Seed(clash.Theirs!)));
        Assert.Equal(50, Seed(layer.Over(corrected).Files[0]));

        LocalLayer kept = layer.Keep(1, corrected);
        Assert.Empty(kept.Over(corrected).Clashes);
        Assert.Equal(50, Seed(kept.Over(corrected).Files[0]));
        // Rolled back to what the teacher knew, too.
        Assert.Empty(kept.Over(Base).Clashes);
        Assert.Single(kept.Over(Base.Replace(Base[0], File("a.txt", 10))).Clashes);
        Assert.Equal(9, Seed(layer.Without(1).Over(corrected).Files[0]));
    }

    [Fact]
    public void What_the_centre_deletes_adds_or_makes_the_same_is_told_apart()
    {
        LocalLayer replaced = With(LocalLayer.None, 1, LocalChangeKind.Replace, "a.txt", File("a.txt", 50));
        Assert.Null(Assert.Single(replaced.Over(Base.RemoveAt(0)).Clashes).Theirs);
        Assert.Empty(replaced.Over(Base.Replace(Base[0], File("a.txt", 50))).Clashes);
        Assert.Empty(With(LocalLayer.None, 1, LocalChangeKind.Delete, "a.txt", null).Over(Base.RemoveAt(0)).Clashes);
        LocalLayer added = With(LocalLayer.None, 1, LocalChangeKind.Add, "c.txt", File("c.txt", 50));
        LayeredFiles shown = added.Over(Base.Add(File("c.txt", 12)));
        Assert.Equal(12, Seed(Assert.Single(shown.Clashes).Theirs!));
        Assert.Equal(50, Seed(Assert.Single(shown.Files, file => file.Path == "c.txt")));
    }

    [Fact]
    public void A_name_that_the_centre_takes_later_gives_way()
    {
        LocalLayer layer = With(LocalLayer.None, 7, LocalChangeKind.Replace, "b.odp", File("b.pdf", 50));
        LayeredFiles shown = layer.Over(Base.Add(File("b.pdf", 13)));
        Assert.Equal(["a.txt", "b-7.pdf", "film.mp4", "film.vtt", "b.pdf"], shown.Files.Select(file => file.Path));
        Assert.Empty(shown.Clashes);
    }

    [Fact]
    public void Captions_follow_a_film_that_was_replaced_under_another_name() =>
        Assert.Equal("film.webm", With(LocalLayer.None, 1, LocalChangeKind.Replace, "film.mp4", File("film.webm", 50)).Over(Base).Files.Single(file => file.Kind == FileKind.Caption).CaptionOf);

    [Fact]
    public void Undoing_all_changes_gives_the_centres_pack_back() => Gen.Select(Layers, Bases).Sample((layer, files) =>
        Assert.Equal(files, layer.Changes.Aggregate(layer, (left, change) => left.Without(change.Number)).Over(files).Files));

    [Fact]
    public void Whatever_the_centre_does_the_schools_files_show_once_and_untouched_items_show_as_they_are() => Gen.Select(Layers, Bases).Sample((layer, files) =>
    {
        LayeredFiles shown = layer.Over(files);
        Assert.Equal(shown.Files.Length, shown.Files.Select(file => file.Path).Distinct().Count());
        Assert.Equal(layer.Changes.Where(change => change.File is not null).Select(change => Seed(change.File!)).Order(), shown.Changed.Keys.Select(path => Seed(shown.Files.Single(file => file.Path == path))).Order());
        foreach (PackFile file in files.Where(file => layer.Changes.All(change => change.Path != file.Path)))
            Assert.Contains(shown.Files, other => other.Sha256 == file.Sha256 && other.Path == file.Path);
    });

    [Fact]
    public void The_order_of_corrections_does_not_matter() => Gen.Select(Layers, Bases.Array[1, 4], Gen.Int[0, 1000], Bases).Sample((layer, corrections, turn, last) =>
    {
        LocalLayer Decide(IEnumerable<ImmutableArray<PackFile>> order) =>
            order.Aggregate(layer, (now, files) => now.Over(files).Clashes.Aggregate(now, (left, clash) => left.Keep(clash.Mine.Number, files)));
        LayeredFiles one = Decide(corrections).Over(last);
        LayeredFiles other = Decide(corrections.OrderBy(files => (files.GetHashCode() + turn) % 7).Reverse()).Over(last);
        Assert.Equal(one.Files, other.Files);
        Assert.Equal(one.Clashes.Select(clash => (clash.Mine.Number, clash.Theirs)), other.Clashes.Select(clash => (clash.Mine.Number, clash.Theirs)));
    });

    private static readonly Gen<string> SomePath = Gen.Int[0, Paths.Length - 1].Select(i => Paths[i]);

    private static readonly Gen<ImmutableArray<PackFile>> Bases =
        Gen.Select(Gen.Int[1, 6], Gen.Bool).Array[Paths.Length].Select(items => items.Select((item, i) => (item, i)).Where(pair => pair.item.Item2).Select(pair => File(Paths[pair.i], 100 + pair.i * 10 + pair.item.Item1)).ToImmutableArray());

    private static readonly Gen<LocalLayer> Layers = Gen.Select(Gen.Enum<LocalChangeKind>(), SomePath, SomePath, Bases).Array[0, 12].Select(steps =>
    {
        LocalLayer layer = LocalLayer.None;
        long number = 0;
        foreach ((LocalChangeKind kind, string path, string name, ImmutableArray<PackFile> files) in steps)
        {
            number++;
            layer = layer.With(number, kind, path, kind == LocalChangeKind.Delete ? null : File(kind == LocalChangeKind.Add ? path : name, 1000 + (int)number), files, out _) ?? layer;
        }
        return layer;
    });

    private static LocalLayer With(LocalLayer layer, long number, LocalChangeKind kind, string path, PackFile? file)
    {
        LocalLayer? next = layer.With(number, kind, path, file, Base, out string problem);
        Assert.Equal("", problem);
        return next!;
    }

    /// <summary>A file whose hash tells its seed.</summary>
    private static PackFile File(string path, int seed)
    {
        byte[] hash = new byte[32];
        BitConverter.TryWriteBytes(hash, seed);
        (string type, FileKind kind) = MediaTypes.Of(path);
        return new PackFile(path, type, kind, 10, new ChunkId(hash));
    }

    private static int Seed(PackFile file) => BitConverter.ToInt32(file.Sha256.ToArray());
}
