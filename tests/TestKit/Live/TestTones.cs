using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Edge.Core.Live;

namespace TestKit.Live;

/// <summary>Which tone is heard when, by a real decoder.</summary>
public static partial class TestTones
{
    private const int Hertz = 8000;
    private const double Loud = 0.03;

    /// <summary>Decodes the first sound track of a transport stream and writes a letter for each piece of time from its first picture on: the tone that is heard in it, or a dot.</summary>
    /// <param name="perSecond">Pieces in a second.</param>
    public static async Task<string> HeardAsync(ReadOnlyMemory<byte> stream, int perSecond, params (char Letter, double Hertz)[] tones)
    {
        byte[] samples = await DecodeAsync(stream);
        int piece = Hertz / perSecond;
        var heard = new char[samples.Length / sizeof(short) / piece];
        for (int i = 0; i < heard.Length; i++)
        {
            ReadOnlySpan<byte> part = samples.AsSpan(i * piece * sizeof(short), piece * sizeof(short));
            heard[i] = '.';
            double most = Loud;
            foreach ((char letter, double hertz) in tones)
            {
                double amplitude = Amplitude(part, hertz);
                if (amplitude > most)
                    (heard[i], most) = (letter, amplitude);
            }
        }
        return new string(heard);
    }

    /// <summary>The part of one frequency, of full scale; over short blocks, so that a step of its phase does not extinguish it.</summary>
    private static double Amplitude(ReadOnlySpan<byte> samples, double hertz)
    {
        const int block = Hertz / 100;
        int count = samples.Length / sizeof(short);
        double sum = 0, real = 0, imaginary = 0;
        for (int i = 0; i < count; i++)
        {
            double sample = BinaryPrimitives.ReadInt16LittleEndian(samples[(i * sizeof(short))..]) / 32768.0;
            (double sin, double cos) = Math.SinCos(2 * Math.PI * hertz * i / Hertz);
            (real, imaginary) = (real + sample * cos, imaginary + sample * sin);
            if ((i + 1) % block != 0 && i + 1 != count)
                continue;
            sum += 2 * Math.Sqrt(real * real + imaginary * imaginary);
            (real, imaginary) = (0, 0);
        }
        return sum / count;
    }

    /// <summary>The samples, each where its time stamp puts it: a decoder's output alone would hide gaps and what does not fit.</summary>
    private static async Task<byte[]> DecodeAsync(ReadOnlyMemory<byte> stream)
    {
        using Process process = Process.Start(new ProcessStartInfo("ffmpeg",
        [
            "-nostdin", "-hide_banner", "-nostats", "-loglevel", "info", "-copyts", "-f", "mpegts", "-i", "pipe:0", "-map", "0:a:0",
            "-af", $"aformat=sample_rates={Hertz}:channel_layouts=mono:sample_fmts=s16,ashowinfo", "-f", "s16le", "pipe:1",
        ])
        { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true }) ?? throw new InvalidOperationException("ffmpeg did not start");
        using var samples = new MemoryStream();
        Task reading = process.StandardOutput.BaseStream.CopyToAsync(samples);
        Task<string> saying = process.StandardError.ReadToEndAsync();
        await process.StandardInput.BaseStream.WriteAsync(stream);
        process.StandardInput.Close();
        await reading;
        (double At, int Count)[] frames = [.. Frame().Matches(await saying).Select(match => (double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture)))];
        await process.WaitForExitAsync();
        if (frames.Length == 0)
            return [];
        double begin = TsSegmentHead.Read(stream.Span) is { } head ? head.StartTime / (double)TsTime.Hertz : frames[0].At;
        byte[] timeline = new byte[frames.Max(frame => Place(frame.At, begin) + frame.Count) * sizeof(short)];
        ReadOnlySpan<byte> rest = samples.GetBuffer().AsSpan(0, (int)samples.Length);
        foreach ((double at, int count) in frames)
        {
            int length = Math.Min(count * sizeof(short), rest.Length);
            if (Place(at, begin) >= 0)
                rest[..length].CopyTo(timeline.AsSpan(Place(at, begin) * sizeof(short)));
            rest = rest[length..];
        }
        return timeline;
    }

    private static int Place(double at, double begin) => (int)Math.Round((at - begin) * Hertz);

    [GeneratedRegex(@"pts_time:(-?[\d.]+) .*?nb_samples:(\d+)")]
    private static partial Regex Frame();
}
