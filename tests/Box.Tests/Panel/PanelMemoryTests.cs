using System.Text;
using CsCheck;
using Edge.Box.Panel;
using Edge.Core.Panel;
using Xunit;

namespace Edge.Box.Tests.Panel;

public class PanelMemoryTests
{
    private const string Golden = """{"format":1,"language":"bo","lesson":"maths-3a","source":"Kit","paused":true,"item":2,"run":7}""";

    private static readonly PanelMemory Memory = new("bo", new LessonOnScreen("maths-3a", LessonSource.Kit, Paused: true, Item: 2, Run: 7));

    [Fact]
    public void The_format_on_disk_stays_as_it_is() => Assert.Equal(Golden, Encoding.UTF8.GetString(Memory.ToBytes()));

    [Fact]
    public void What_was_written_is_read_back()
    {
        Assert.Equal(Memory, PanelMemory.Read(Encoding.UTF8.GetBytes(Golden)));
        PanelMemory idle = new("en", null);
        Assert.Equal(idle, PanelMemory.Read(idle.ToBytes()));
    }

    [Fact]
    public void A_file_cut_at_any_length_is_no_memory()
    {
        byte[] bytes = Memory.ToBytes();
        for (int length = 0; length < bytes.Length; length++)
            Assert.Null(PanelMemory.Read(bytes.AsSpan(0, length)));
    }

    [Fact]
    public void A_file_with_any_byte_changed_never_throws() =>
        Gen.Select(Gen.Int[0, Memory.ToBytes().Length - 1], Gen.Byte).Sample((at, value) =>
        {
            byte[] bytes = Memory.ToBytes();
            bytes[at] = value;
            _ = PanelMemory.Read(bytes);
        }, iter: 5_000);

    [Theory]
    [InlineData("""{"format":2,"language":"en"}""")]
    [InlineData("""{"format":1}""")]
    [InlineData("""{"format":1,"language":""}""")]
    [InlineData("""{"format":1,"language":"en","lesson":"../../etc","source":"Live"}""")]
    [InlineData("""{"format":1,"language":"en","lesson":"maths-3a"}""")]
    [InlineData("""{"format":1,"language":"en","lesson":"maths-3a","source":9}""")]
    [InlineData("""{"format":1,"language":"en","lesson":"maths-3a","source":"Live","item":-1}""")]
    [InlineData("[]")]
    [InlineData("null")]
    public void What_makes_no_sense_is_no_memory(string text) => Assert.Null(PanelMemory.Read(Encoding.UTF8.GetBytes(text)));
}
