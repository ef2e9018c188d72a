using Edge.Core.Content;
using Edge.Core.Identity;
using TestKit;
using Xunit;

namespace Edge.Core.Tests.Content;

/// <summary>The head of a stick: pinned by bytes, cut at every length, changed at every byte, and made of noise.</summary>
public class UsbBundleHeadTests
{
    private static readonly ChunkId A = ChunkId.Of("a"u8);
    private static readonly ChunkId B = ChunkId.Of("b"u8);

    private const string HashOfA = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
    private const string HashOfB = "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d";

    private static readonly UsbBundleHead Sample = new("hill", AsksForReturn: true,
        [new UsbBundleList(ListKind.Root, 1, A, 300), new UsbBundleList(ListKind.Plan, 7, B, 2)],
        new UsbBundleObject(A, 5),
        [new UsbBundlePack(B, 200, [0])],
        [new VolumeRef(A, 1000, B, 40)]);

    [Fact]
    public void A_head_keeps_its_bytes()
    {
        const string golden = "45444745555342310104" + "68696c6c"
            + "02" + "000000000000000001" + HashOfA + "ac02" + "020000000000000007" + HashOfB + "02"
            + "01" + HashOfA + "05"
            + "01" + HashOfB + "c801" + "01" + "00"
            + "01" + HashOfA + "e807" + HashOfB + "28";
        string written = Convert.ToHexStringLower(Sample.ToBytes());
        Assert.Equal(golden, written[..^64]);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Convert.FromHexString(golden))), written[^64..]);
        AssertSame(Sample, UsbBundleHead.Read(Sample.ToBytes())!);
    }

    [Fact]
    public void A_head_of_nothing_comes_back()
    {
        var empty = new UsbBundleHead("aux", false, [], null, [], []);
        AssertSame(empty, UsbBundleHead.Read(empty.ToBytes())!);
        Assert.Equal("edge-usb/school-aux.head", UsbBundlePaths.HeadOf("aux"));
    }

    [Fact]
    public void Cut_at_every_length_it_is_no_head()
    {
        byte[] bytes = Sample.ToBytes();
        for (int length = 0; length < bytes.Length; length++)
            Assert.Null(UsbBundleHead.Read(bytes.AsSpan(0, length)));
        Assert.Null(UsbBundleHead.Read([.. bytes, 0]));
    }

    [Fact]
    public void Changed_at_any_byte_it_is_no_head()
    {
        byte[] bytes = Sample.ToBytes();
        for (int at = 0; at < bytes.Length; at++)
        {
            bytes[at] ^= 0x41;
            Assert.Null(UsbBundleHead.Read(bytes));
            bytes[at] ^= 0x41;
        }
    }

    /// <summary>Whoever makes a bad head can make its sum right too.</summary>
    [Fact]
    public void Noise_with_a_right_sum_is_read_or_refused_without_harm()
    {
        int inputs = Fuzz.Inputs;
        byte[] sound = Sample.ToBytes()[..^32];
        var random = new Random(20261123);
        int read = 0;
        for (int i = 0; i < inputs; i++)
        {
            byte[] body = (byte[])sound.Clone();
            for (int changes = random.Next(1, 5); changes > 0; changes--)
            {
                int at = random.Next(8, body.Length);
                body[at] = (byte)random.Next(256);
            }
            if (random.Next(3) == 0)
                Array.Resize(ref body, random.Next(9, body.Length + 1));
            if (UsbBundleHead.Read([.. body, .. System.Security.Cryptography.SHA256.HashData(body)]) is not { } head)
                continue;
            read++;
            Assert.True(Slug.IsValid(head.School));
            Assert.All(head.Packs, pack => Assert.All(pack.Volumes, place => Assert.InRange(place, 0, head.Volumes.Length - 1)));
            Assert.True(head.ToBytes().AsSpan(0, body.Length).SequenceEqual(body));
        }
        Assert.InRange(read, 1, inputs - 1);
    }

    [Fact]
    public void A_count_that_cannot_be_true_takes_no_room()
    {
        byte[] body = [.. "EDGEUSB1"u8, 0, 1, (byte)'a', 0, 0, 0xC0, 0x9A, 0x0C];
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Null(UsbBundleHead.Read([.. body, .. System.Security.Cryptography.SHA256.HashData(body)]));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 10);
    }

    [Theory]
    [InlineData(1008, 0, VolumeCarriage.Left)]
    [InlineData(1008, 749, VolumeCarriage.Repacked)]
    [InlineData(1008, 750, VolumeCarriage.Whole)]
    [InlineData(1008, 1000, VolumeCarriage.Whole)]
    public void A_volume_goes_whole_when_most_of_it_is_needed(int volumeBytes, long neededBytes, VolumeCarriage carriage) =>
        Assert.Equal(carriage, UsbBundlePlan.CarriageOf(volumeBytes, neededBytes));

    private static void AssertSame(UsbBundleHead expected, UsbBundleHead read)
    {
        Assert.Equal((expected.School, expected.AsksForReturn, expected.Acks), (read.School, read.AsksForReturn, read.Acks));
        Assert.Equal(expected.Lists, read.Lists);
        Assert.Equal(expected.Volumes, read.Volumes);
        Assert.Equal(expected.Packs.Select(pack => (pack.Manifest, pack.ManifestBytes)), read.Packs.Select(pack => (pack.Manifest, pack.ManifestBytes)));
        Assert.Equal(expected.Packs.SelectMany(pack => pack.Volumes), read.Packs.SelectMany(pack => pack.Volumes));
    }
}
