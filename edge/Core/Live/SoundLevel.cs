using System.Buffers.Binary;

namespace Edge.Core.Live;

/// <summary>How loud a piece of sound is, in dB of full scale: 0 is as loud as can be, <see cref="Floor"/> is nothing.</summary>
/// <param name="Mean">Of its power.</param>
/// <param name="Peak">Of its loudest sample.</param>
public readonly record struct SoundLevel(double Mean, double Peak)
{
    public const double Floor = -90;

    /// <summary>Measures samples of 16 bits, little-endian, of one channel.</summary>
    /// <returns>Null: there is not one.</returns>
    public static SoundLevel? Of(ReadOnlySpan<byte> samples)
    {
        int count = samples.Length / sizeof(short);
        if (count == 0)
            return null;
        double power = 0, peak = 0;
        for (int i = 0; i < count; i++)
        {
            double sample = BinaryPrimitives.ReadInt16LittleEndian(samples[(i * sizeof(short))..]) / 32768.0;
            power += sample * sample;
            peak = Math.Max(peak, Math.Abs(sample));
        }
        return new SoundLevel(Decibels(Math.Sqrt(power / count)), Decibels(peak));
    }

    private static double Decibels(double amplitude) => Math.Max(Floor, Math.Round(20 * Math.Log10(Math.Max(amplitude, double.Epsilon)), 1));
}
