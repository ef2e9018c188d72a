using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Microsoft.VisualBasic.FileIO;

namespace Edge.Core.Feedback;

/// <summary>Who sits where. Never leaves the box.</summary>
/// <param name="Class">As in <see cref="Seat"/>.</param>
/// <param name="Number">1 to 999.</param>
/// <param name="Name">1 to 64 characters.</param>
public sealed record RosterRow(string Class, int Number, string Name);

/// <summary>The first thing wrong with a list of names.</summary>
public enum RosterFault
{
    None,
    /// <summary>It is no text, or a quote is never closed.</summary>
    Unreadable,
    /// <summary>There is no column of seats or of names, or of classes where none was said.</summary>
    Columns,
    Class,
    Seat,
    Name,
    /// <summary>A seat stands there twice.</summary>
    Twice,
    TooMany,
    /// <summary>Nobody is on it.</summary>
    Empty,
}

/// <summary>A list of names as spreadsheets write it: CSV (RFC 4180) with commas, semicolons or tabs.</summary>
public static class Roster
{
    public const int MaxBytes = 256 << 10;
    public const int MaxRows = 5_000;
    public const int MaxNameLength = 64;

    private static readonly string[] ClassWords = ["class", "班级", "班"];
    private static readonly string[] SeatWords = ["seat", "seat number", "number", "no", "no.", "座号", "座位", "座位号", "学号", "序号"];
    private static readonly string[] NameWords = ["name", "pupil", "student", "姓名", "名字", "学生"];

    static Roster() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    /// <param name="file">UTF-8, UTF-16 with its mark, or GB 18030.</param>
    /// <param name="className">The class of all on it; null: the list says it.</param>
    /// <returns>All rows, or a fault and the line that it is in, from 1.</returns>
    public static (ImmutableArray<RosterRow> Rows, RosterFault Fault, int Line) Read(ReadOnlySpan<byte> file, string? className)
    {
        string text = Decode(file);
        // A NUL is in no text: a workbook was sent, or a picture.
        if (text.Contains('\0', StringComparison.Ordinal))
            return ([], RosterFault.Unreadable, 1);
        using var parser = new TextFieldParser(new StringReader(text)) { TextFieldType = FieldType.Delimited, HasFieldsEnclosedInQuotes = true };
        parser.SetDelimiters(DelimiterOf(text));
        var rows = ImmutableArray.CreateBuilder<RosterRow>();
        var seen = new HashSet<(string, int)>();
        (int Class, int Seat, int Name)? columns = null;
        while (!parser.EndOfData)
        {
            int line = (int)parser.LineNumber;
            string[]? fields;
            try
            {
                fields = parser.ReadFields();
            }
            catch (MalformedLineException)
            {
                return ([], RosterFault.Unreadable, line);
            }
            if (fields is null || fields.All(string.IsNullOrWhiteSpace))
                continue;
            if (columns is null)
            {
                columns = (Find(fields, ClassWords), Find(fields, SeatWords), Find(fields, NameWords));
                if (columns is { Seat: < 0 } or { Name: < 0 } || (columns is { Class: < 0 } && className is null))
                    return ([], RosterFault.Columns, line);
                continue;
            }
            (RosterRow row, RosterFault fault) = RowOf(fields, columns.Value, className);
            if (fault == RosterFault.None && !seen.Add((row.Class.ToUpperInvariant(), row.Number)))
                fault = RosterFault.Twice;
            if (fault == RosterFault.None && rows.Count == MaxRows)
                fault = RosterFault.TooMany;
            if (fault != RosterFault.None)
                return ([], fault, line);
            rows.Add(row);
        }
        return rows.Count == 0 ? ([], RosterFault.Empty, 1) : (rows.DrainToImmutable(), RosterFault.None, 0);
    }

    private static (RosterRow Row, RosterFault Fault) RowOf(string[] fields, (int Class, int Seat, int Name) columns, string? className)
    {
        string At(int column) => column >= 0 && column < fields.Length ? fields[column].Trim() : "";
        string inClass = className ?? At(columns.Class), name = At(columns.Name);
        _ = int.TryParse(At(columns.Seat), NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        var row = new RosterRow(inClass, number, name);
        return (row, !Seat.IsClass(inClass) ? RosterFault.Class
            : number is < 1 or > Seat.MaxNumber ? RosterFault.Seat
            : name.Length is 0 or > MaxNameLength || name.Any(char.IsControl) ? RosterFault.Name
            : RosterFault.None);
    }

    private static string Decode(ReadOnlySpan<byte> file)
    {
        if (file is [0xFF, 0xFE, ..])
            return Encoding.Unicode.GetString(file[2..]);
        if (file is [0xEF, 0xBB, 0xBF, ..])
            file = file[3..];
        // Chinese spreadsheets write GB 18030 unless they are told otherwise; hardly any text in it is UTF-8 by chance.
        return System.Text.Unicode.Utf8.IsValid(file) ? Encoding.UTF8.GetString(file) : Encoding.GetEncoding("GB18030").GetString(file);
    }

    private static string DelimiterOf(string text)
    {
        string first = text.AsSpan().TrimStart().ToString().Split('\n', 2)[0];
        return ((string[])[",", ";", "\t", "，"]).MaxBy(delimiter => first.Count(c => c == delimiter[0]))!;
    }

    private static int Find(string[] fields, string[] words) => Array.FindIndex(fields, field => words.Contains(field.Trim(), StringComparer.OrdinalIgnoreCase));
}
