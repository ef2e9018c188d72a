using System.Buffers.Binary;
using CsCheck;
using Edge.Core.Live;
using TestKit;
using Xunit;

namespace Edge.Core.Tests.Live;

public sealed class RtpOrderTests
{
    private const int Window = 8;

    [Fact]
    public void Datagrams_that_overtook_each_other_come_out_in_order_and_once() =>
        Gen.Select(Gen.Int[0, 65_535], Gen.Int[1, 200], Gen.Int[0, 1000]).Sample((first, count, seed) =>
        {
            int[] sent = [.. Enumerable.Range(0, count)];
            // Each moves by less than the window, some come twice.
            var chance = new Random(seed);
            int[] arrived = [.. sent.Skip(1).SelectMany(n => chance.Next(5) == 0 ? (int[])[n, n] : [n]).Select(n => (n, At: n + chance.Next(Window / 2))).OrderBy(pair => pair.At).Select(pair => pair.n)];
            Assert.Equal(sent, Received([0, .. arrived], first));
        });

    [Fact]
    public void What_is_lost_is_waited_for_no_longer_than_the_window() =>
        Assert.Equal([0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], Received([0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], first: 65_530));

    [Fact]
    public void A_sender_that_begins_anew_is_followed() =>
        Assert.Equal([9000, 9001, 5, 6], Received([9000, 9001, 5, 6], first: 0));

    [Fact]
    public void Datagrams_without_rtp_pass_as_they_are()
    {
        var order = new RtpOrder(Window);
        var given = new List<byte[]>();
        byte[] plain = [TsPacket.Sync, 1, 2, 3];
        order.Push(plain, payload => given.Add(payload.ToArray()));
        Assert.Equal(plain, Assert.Single(given));
    }

    [Fact]
    public void Noise_gives_nothing_out_of_bounds() => Gen.Byte.Array[0, 64].Sample(noise =>
    {
        var order = new RtpOrder(Window);
        order.Push(noise, payload => Assert.InRange(payload.Length, 0, noise.Length));
        order.Push(noise, _ => { });
    }, iter: Fuzz.Inputs);

    private static List<int> Received(int[] arriving, int first)
    {
        var order = new RtpOrder(Window);
        var given = new List<int>();
        foreach (int number in arriving)
        {
            byte[] datagram = new byte[16];
            datagram[0] = 0x80;
            BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(2), (ushort)(first + number));
            BinaryPrimitives.WriteInt32LittleEndian(datagram.AsSpan(12), number);
            order.Push(datagram, payload => given.Add(BinaryPrimitives.ReadInt32LittleEndian(payload)));
        }
        return given;
    }
}
