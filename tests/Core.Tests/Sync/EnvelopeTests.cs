using System.Collections.Immutable;
using CsCheck;
using Edge.Core.Feedback;
using Edge.Core.Sync;
using Edge.Core.Tests.Feedback;
using TestKit;
using Xunit;

namespace Edge.Core.Tests.Sync;

public class EnvelopeTests
{
    private static byte[] Sample() => Envelope.Write(new(3, 0x58D2A1B3C4D5E6F7, 8, 0xD0D1D2D3D4D5D6D7, 2, 5), [Items.Question(1), Items.Question(2, "为什么?")]);

    [Fact]
    public void The_bytes_of_version_1_stay_as_they_are()
    {
        string golden = Path.Combine(AppContext.BaseDirectory, "Sync", "envelope-1.hex");
        Assert.Equal(File.ReadAllText(golden).Trim(), Convert.ToHexStringLower(Sample()));
        Assert.Equal(EnvelopeRead.Whole, Envelope.Read(Convert.FromHexString(File.ReadAllText(golden).Trim()), out EnvelopeHeader header, out var items));
        Assert.Equal(new EnvelopeHeader(3, 0x58D2A1B3C4D5E6F7, 8, 0xD0D1D2D3D4D5D6D7, 2, 5), header);
        Assert.Equal([Items.Question(1), Items.Question(2, "为什么?")], items);
    }

    [Fact]
    public void An_envelope_comes_back_as_it_was() => Items.Any.Array[0, 40].Sample(items =>
    {
        byte[] bytes = Envelope.Write(new(1, 2, 3, 9, items.Length, 4), [.. items]);
        return Envelope.Read(bytes, out EnvelopeHeader header, out var read) == EnvelopeRead.Whole
            && header == new EnvelopeHeader(1, 2, 3, 9, items.Length, 4) && read.SequenceEqual(items);
    });

    [Fact]
    public void Cut_at_any_length_it_is_not_whole()
    {
        byte[] bytes = Sample();
        for (int length = 0; length < bytes.Length; length++)
            Assert.NotEqual(EnvelopeRead.Whole, Envelope.Read(bytes.AsSpan(0, length), out _, out _));
    }

    [Fact]
    public void Any_bytes_are_read_without_an_exception()
    {
        byte[] sound = Envelope.Write(new(1, 2, 3, 9, 60, 4), [.. Enumerable.Range(1, 60).Select(n => Items.Question((ulong)n, $"Question {n}?"))]);
        Gen.Select(Gen.Int[0, sound.Length - 1], Gen.Byte, Gen.Int[0, sound.Length]).Sample((at, value, length) =>
        {
            byte[] damaged = [.. sound];
            damaged[at] = value;
            Envelope.Read(damaged.AsSpan(0, length), out _, out _);
        }, iter: Fuzz.Inputs);
        Gen.Byte.Array[0, 300].Sample(bytes => { Envelope.Read([1, .. bytes], out _, out _); }, iter: Fuzz.Inputs);
    }

    [Fact]
    public void A_small_message_cannot_claim_much_room()
    {
        // 30 bytes that promise more than the bound, and a count without items.
        Assert.Equal(EnvelopeRead.BadItems, Envelope.Read([1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 100, 0, 1, 0xFF, 0xFF, 0xFF, 0x7F, 1, 2, 3], out _, out _));
        Assert.Equal(EnvelopeRead.Foreign, Envelope.Read([1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0x7F, 0, 0], out _, out _));
    }

    [Fact]
    public void Too_many_items_are_the_writers_fault() => Assert.Throws<ArgumentOutOfRangeException>(() =>
        Envelope.Write(new(1, 2, 3, 9, Envelope.MaxItems + 1, 4), [.. Enumerable.Range(1, Envelope.MaxItems + 1).Select(n => Items.Question((ulong)n))]));

    [Fact]
    public void A_hundred_votes_cost_at_most_20_bytes_each()
    {
        var chance = new Random(1);
        ImmutableArray<FeedbackItem> votes = [.. Enumerable.Range(1, 100).Select(n => Items.Vote(n, chance))];
        double each = Envelope.Write(new(1, 2, 3, 9, 100, 4), votes).Length / 100.0;
        TestContext.Current.TestOutputHelper?.WriteLine($"{each} bytes a vote in an envelope of 100");
        Assert.InRange(each, 1, 20);
    }
}
