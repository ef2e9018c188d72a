using System.Buffers.Binary;
using TestKit.Live;

namespace TestKit.Feedback;

/// <summary>Real photos and sounds for tests, made by ffmpeg, with what phones write beside the picture.</summary>
public static class TestPhoto
{
    /// <summary>Stands in each place where a phone would say where it was.</summary>
    public static ReadOnlySpan<byte> Place => "N31.2304 E121.4737"u8;

    /// <summary>A picture of noise, so that it is as long as a photo.</summary>
    public static Task<byte[]> MakeAsync(int width = 640, int height = 480) => MakeAsync(".jpg", "-f", "lavfi", "-i", $"nullsrc=size={width}x{height},geq=random(1)*255:128:128", "-frames:v", "1", "-q:v", "5");

    /// <summary>Sound as a phone's recorder gives it.</summary>
    public static Task<byte[]> SoundAsync(int seconds) => MakeAsync(".m4a", "-f", "lavfi", "-i", $"sine=frequency=440:sample_rate=16000:duration={seconds}", "-c:a", "aac", "-b:a", "24k", "-metadata", "title=N31.2304 E121.4737");

    /// <summary>The photo as a phone would give it: EXIF with the place and how it was held, XMP and a comment with the place, and a second picture behind the end.</summary>
    public static byte[] AsOfPhone(ReadOnlySpan<byte> jpeg, byte orientation = 6)
    {
        var exif = new byte[6 + 8 + 2 + 2 * 12 + 4 + Place.Length];
        "Exif\0\0II*\0"u8.CopyTo(exif);
        BinaryPrimitives.WriteUInt32LittleEndian(exif.AsSpan(10), 8);
        exif[14] = 2;
        Entry(exif.AsSpan(16), 0x0112, 3, 1, orientation);
        Entry(exif.AsSpan(28), 0x8825, 4, 1, 38);
        Place.CopyTo(exif.AsSpan(exif.Length - Place.Length));
        return [.. jpeg[..2], .. Segment(0xE1, exif), .. Segment(0xE1, [.. "http://ns.adobe.com/xap/1.0/\0"u8, .. Place]), .. Segment(0xFE, Place), .. jpeg[2..], .. jpeg, .. Place];
    }

    private static byte[] Segment(byte marker, ReadOnlySpan<byte> body) => [0xFF, marker, (byte)((body.Length + 2) >> 8), (byte)(body.Length + 2), .. body];

    private static void Entry(Span<byte> at, ushort tag, ushort type, uint count, uint value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(at, tag);
        BinaryPrimitives.WriteUInt16LittleEndian(at[2..], type);
        BinaryPrimitives.WriteUInt32LittleEndian(at[4..], count);
        BinaryPrimitives.WriteUInt32LittleEndian(at[8..], value);
    }

    /// <summary>What a decoder sees, as a hash of the picture or sound.</summary>
    public static async Task<string> SeenAsync(ReadOnlyMemory<byte> file)
    {
        string path = Path.Combine(Path.GetTempPath(), $"seen-{Guid.NewGuid():N}");
        try
        {
            await File.WriteAllBytesAsync(path, file);
            return await TestVideo.RunAsync("ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-noautorotate", "-i", path, "-f", "md5", "-");
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task<byte[]> MakeAsync(string end, params string[] arguments)
    {
        string path = Path.Combine(Path.GetTempPath(), $"made-{Guid.NewGuid():N}{end}");
        try
        {
            await TestVideo.RunAsync("ffmpeg", ["-nostdin", "-hide_banner", "-loglevel", "error", .. arguments, path]);
            return await File.ReadAllBytesAsync(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
