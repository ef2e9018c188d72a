using System.Collections.Immutable;
using System.Text;
using CsCheck;
using Edge.Core.Feedback;
using TestKit;
using Xunit;

namespace Edge.Core.Tests.Feedback;

/// <summary>Lists of names as spreadsheets and people write them.</summary>
public sealed class RosterTests
{
    static RosterTests() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    [Theory]
    [InlineData("class,seat,name\n3A,12,Li Lei\n3A,13,Han Meimei\n")]
    [InlineData("Name;Seat;Class\r\nLi Lei;12;3A\r\n\r\nHan Meimei;13;3A")]
    [InlineData("no.\tNAME\tclass\n 12 \tLi Lei\t3A\n13\tHan Meimei\t3A\n\t\t\n")]
    [InlineData("班级,座号,备注,姓名\n3A,12,\"a, \"\"b\"\"\nc\",Li Lei\n3A,13,,Han Meimei")]
    [InlineData("班级，座位号，姓名\n3A，12，Li Lei\n3A，13，Han Meimei")]
    public void Columns_in_any_order_and_any_separator(string text) => AssertBoth(Roster.Read(Encoding.UTF8.GetBytes(text), null));

    [Fact]
    public void A_list_without_a_class_is_of_the_class_that_was_said() =>
        AssertBoth(Roster.Read("seat,name\n12,Li Lei\n13,Han Meimei"u8, "3A"));

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("gb18030")]
    public void As_Chinese_spreadsheets_save_it(string encoding)
    {
        Encoding form = Encoding.GetEncoding(encoding);
        byte[] file = [.. encoding == "gb18030" ? [] : form.GetPreamble(), .. form.GetBytes("班级,座号,姓名\n三(1)班,1,王小明\n三(1)班,2,欧阳㛃\n")];
        (ImmutableArray<RosterRow> rows, RosterFault fault, _) = Roster.Read(file, null);
        Assert.Equal(RosterFault.None, fault);
        Assert.Equal([new RosterRow("三(1)班", 1, "王小明"), new RosterRow("三(1)班", 2, "欧阳㛃")], rows);
    }

    [Theory]
    [InlineData("", RosterFault.Empty, 1)]
    [InlineData("class,seat,name\n", RosterFault.Empty, 1)]
    [InlineData("3A,12,Li Lei\n", RosterFault.Columns, 1)]
    [InlineData("seat,name\n12,Li Lei\n", RosterFault.Columns, 1)]
    [InlineData("class,seat,name\n3A,12,Li Lei\n,13,Han Meimei\n", RosterFault.Class, 3)]
    [InlineData("class,seat,name\n3A,0,Li Lei\n", RosterFault.Seat, 2)]
    [InlineData("class,seat,name\n3A,1000,Li Lei\n", RosterFault.Seat, 2)]
    [InlineData("class,seat,name\n3A,twelve,Li Lei\n", RosterFault.Seat, 2)]
    [InlineData("class,seat,name\n3A,12\n", RosterFault.Name, 2)]
    [InlineData("class,seat,name\n3A,12,Li Lei\n3a,12,Han Meimei\n", RosterFault.Twice, 3)]
    [InlineData("class,seat,name\n3A,12,\"Li Lei\n", RosterFault.Unreadable, 2)]
    [InlineData("PK\u0003\u0004\0\0", RosterFault.Unreadable, 1)]
    public void What_is_wrong_is_said_with_its_line_and_nothing_is_taken(string text, RosterFault fault, int line)
    {
        (ImmutableArray<RosterRow> rows, RosterFault seen, int at) = Roster.Read(Encoding.UTF8.GetBytes(text), null);
        Assert.Equal((fault, line), (seen, at));
        Assert.Empty(rows);
    }

    [Fact]
    public void More_names_than_a_box_keeps_are_refused()
    {
        string text = "class,seat,name\n" + string.Concat(Enumerable.Range(0, Roster.MaxRows + 1).Select(n => $"{n / 900},{n % 900 + 1},x\n"));
        Assert.Equal((RosterFault.TooMany, Roster.MaxRows + 2), (Roster.Read(Encoding.UTF8.GetBytes(text), null).Fault, Roster.Read(Encoding.UTF8.GetBytes(text), null).Line));
    }

    [Fact]
    public void Whatever_comes_every_row_that_is_taken_is_sound()
    {
        byte[] good = Encoding.UTF8.GetBytes("班级,座号,姓名\n3A,12,\"Li, Lei\"\n3A,13,韩梅梅\n");
        Gen.Select(Gen.Select(Gen.Int[0, good.Length - 1], Gen.OneOf(Gen.Byte, Gen.Const((byte)'"'), Gen.Const((byte)','), Gen.Const((byte)'\n'))).Array[0, 8], Gen.Int[0, good.Length], Gen.Byte.Array[0, 6]).Sample((changes, length, tail) =>
        {
            byte[] file = (byte[])good.Clone();
            foreach ((int at, byte value) in changes)
                file[at] = value;
            (ImmutableArray<RosterRow> rows, RosterFault fault, _) = Roster.Read([.. file[..length], .. tail], null);
            Assert.Equal(fault == RosterFault.None, !rows.IsEmpty);
            Assert.All(rows, row => Assert.True(new Seat(row.Class, row.Number, SeatRole.Pupil).IsValid && row.Name.Length is > 0 and <= Roster.MaxNameLength && !row.Name.Any(char.IsControl)));
        }, iter: Fuzz.Inputs);
    }

    private static void AssertBoth((ImmutableArray<RosterRow> Rows, RosterFault Fault, int Line) read)
    {
        Assert.Equal((RosterFault.None, 0), (read.Fault, read.Line));
        Assert.Equal([new RosterRow("3A", 12, "Li Lei"), new RosterRow("3A", 13, "Han Meimei")], read.Rows);
    }
}
