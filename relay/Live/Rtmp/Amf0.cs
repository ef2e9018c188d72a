using System.Buffers.Binary;
using System.Text;

namespace Relay.Live.Rtmp;

/// <summary>As much of AMF0 as commands need: what a sender asks, and our answers (Action Message Format, AMF 0).</summary>
public static class Amf0
{
    private const int MaxDepth = 8;

    private enum Marker : byte { Number, Boolean, Text, Object, Null = 5, Undefined = 6, Array = 8, End = 9 }

    /// <summary>A command's name, its number, and its arguments that are text.</summary>
    /// <exception cref="RtmpException">Not AMF0.</exception>
    public static (string Name, double Number, IReadOnlyList<string> Texts) ReadCommand(ReadOnlySpan<byte> bytes)
    {
        string? name = null;
        double? number = null;
        var texts = new List<string>();
        while (!bytes.IsEmpty)
        {
            object? value = Read(ref bytes, MaxDepth);
            if (name is null)
                name = value as string ?? throw new RtmpException("a command without a name");
            else if (number is null)
                number = value as double? ?? 0;
            else if (value is string text)
                texts.Add(text);
        }
        return (name ?? "", number ?? 0, texts);
    }

    /// <summary>Writes values one after the other: text, numbers, null, and objects as pairs.</summary>
    public static byte[] Write(params ReadOnlySpan<object?> values)
    {
        using var written = new MemoryStream();
        foreach (object? value in values)
            Write(written, value);
        return written.ToArray();
    }

    /// <summary>Reads one value. Objects are passed over: nothing in them is needed.</summary>
    private static object? Read(ref ReadOnlySpan<byte> bytes, int depth)
    {
        var marker = (Marker)Take(ref bytes, 1)[0];
        switch (marker)
        {
            case Marker.Number:
                return BinaryPrimitives.ReadDoubleBigEndian(Take(ref bytes, 8));
            case Marker.Boolean:
                Take(ref bytes, 1);
                return null;
            case Marker.Text:
                return Text(ref bytes);
            case Marker.Object or Marker.Array:
                if (depth == 0)
                    throw new RtmpException("objects within objects");
                if (marker == Marker.Array)
                    Take(ref bytes, 4);
                while (true)
                {
                    string key = Text(ref bytes);
                    if (key.Length == 0 && !bytes.IsEmpty && bytes[0] == (byte)Marker.End)
                    {
                        Take(ref bytes, 1);
                        return null;
                    }
                    Read(ref bytes, depth - 1);
                }
            case Marker.Null or Marker.Undefined:
                return null;
            default:
                throw new RtmpException($"AMF0 type {(byte)marker}");
        }
    }

    private static string Text(ref ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(Take(ref bytes, BinaryPrimitives.ReadUInt16BigEndian(Take(ref bytes, 2))));

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> bytes, int count)
    {
        if (bytes.Length < count)
            throw new RtmpException("a command is cut off");
        ReadOnlySpan<byte> taken = bytes[..count];
        bytes = bytes[count..];
        return taken;
    }

    private static void Write(MemoryStream written, object? value)
    {
        Span<byte> number = stackalloc byte[8];
        switch (value)
        {
            case null:
                written.WriteByte((byte)Marker.Null);
                break;
            case string text:
                written.WriteByte((byte)Marker.Text);
                WriteText(written, text);
                break;
            case double amount:
                written.WriteByte((byte)Marker.Number);
                BinaryPrimitives.WriteDoubleBigEndian(number, amount);
                written.Write(number);
                break;
            case (string Key, object Value)[] pairs:
                written.WriteByte((byte)Marker.Object);
                foreach ((string key, object part) in pairs)
                {
                    WriteText(written, key);
                    Write(written, part);
                }
                WriteText(written, "");
                written.WriteByte((byte)Marker.End);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(value), value, "no AMF0 type for it here");
        }
    }

    private static void WriteText(MemoryStream written, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)bytes.Length);
        written.Write(length);
        written.Write(bytes);
    }
}
