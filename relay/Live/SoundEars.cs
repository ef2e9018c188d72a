using System.Collections.Immutable;
using Edge.Core.Live;
using Edge.Media;

namespace Relay.Live;

/// <summary>Measures how loud sound is, with a decoder of ffmpeg's: a short run for each piece, few at once. Pieces that come while all are busy are not measured.</summary>
public sealed class SoundEars(TimeProvider time) : IDisposable
{
    private const int AtOnce = 2;
    private const int MostSamplesBytes = 2 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _free = new(AtOnce);

    /// <param name="streamType">What kind of sound it is.</param>
    /// <param name="sound">As its codec frames it.</param>
    /// <returns>Null: not known, because there is no decoder for it here or no time.</returns>
    public async Task<SoundLevel?> HearAsync(byte streamType, ReadOnlyMemory<byte> sound)
    {
        if (!_free.Wait(0, CancellationToken.None))
            return null;
        using var limit = new CancellationTokenSource(Patience, time);
        try
        {
            await using ChildRun run = await ChildRun.StartAsync(Command(streamType), time);
            Task feeding = FeedAsync(run, sound, limit.Token);
            using var samples = new MemoryStream();
            byte[] buffer = new byte[16 << 10];
            int read;
            while ((read = await run.Output.ReadAsync(buffer, limit.Token)) > 0 && samples.Length < MostSamplesBytes)
                samples.Write(buffer, 0, read);
            await feeding;
            return SoundLevel.Of(samples.GetBuffer().AsSpan(0, (int)samples.Length));
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            return null;
        }
        finally
        {
            _free.Release();
        }
    }

    public void Dispose() => _free.Dispose();

    private static async Task FeedAsync(ChildRun run, ReadOnlyMemory<byte> sound, CancellationToken cancellationToken)
    {
        await run.Input.WriteAsync(sound, cancellationToken);
        run.Input.Close();
    }

    private static ChildCommand Command(byte streamType)
    {
        string format = streamType switch { 0x0F => "aac", 0x11 => "loas", _ => "mp3" };
        return new ChildCommand("ffmpeg", ["-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1", "-f", format, "-i", "pipe:0", "-map", "0:a:0", "-ac", "1", "-ar", "8000", "-f", "s16le", "pipe:1"]);
    }
}

/// <summary>How loud one input is, as far as it was measured.</summary>
internal sealed class SoundEar(SoundEars ears, TimeProvider time)
{
    /// <summary>What was measured longer ago says nothing of now.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);

    private volatile Heard? _heard;
    private int _busy;

    public SoundLevel? Level => _heard is { } heard && time.GetElapsedTime(heard.At) < Fresh ? heard.Level : null;

    /// <summary>Has a segment's sound measured, beside everything else; not while it measures another.</summary>
    public void Hear(TsSegment segment)
    {
        if (Interlocked.Exchange(ref _busy, 1) == 0)
            _ = HearAsync(segment);
    }

    private async Task HearAsync(TsSegment segment)
    {
        try
        {
            (TsSoundReader reader, ImmutableArray<SoundUnit> units) = TsSoundReader.Read(segment.Bytes.Span);
            if (reader.StreamType is { } type && !units.IsEmpty && await ears.HearAsync(type, Joined(units)) is { } level)
                _heard = new Heard(level, time.GetTimestamp());
        }
        finally
        {
            Volatile.Write(ref _busy, 0);
        }
    }

    private static byte[] Joined(ImmutableArray<SoundUnit> units)
    {
        byte[] joined = new byte[units.Sum(unit => unit.Data.Length)];
        int at = 0;
        foreach (SoundUnit unit in units)
        {
            unit.Data.Span.CopyTo(joined.AsSpan(at));
            at += unit.Data.Length;
        }
        return joined;
    }

    private sealed record Heard(SoundLevel Level, long At);
}
