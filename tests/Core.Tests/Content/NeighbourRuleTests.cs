using Edge.Core.Content;
using TestKit;
using Xunit;

namespace Edge.Core.Tests.Content;

public class NeighbourRuleTests
{
    private static readonly TimeSpan Forget = TimeSpan.FromMinutes(30);
    private static readonly ChunkId A = ChunkId.Of("a"u8);
    private static readonly ChunkId B = ChunkId.Of("b"u8);
    private static readonly ChunkId C = ChunkId.Of("c"u8);

    [Fact]
    public void One_lie_is_enough_and_is_forgotten_after_a_while()
    {
        NeighbourRecord liar = default(NeighbourRecord).With(NeighbourDeed.Lied, 0, TimeSpan.FromMinutes(1));
        Assert.False(NeighbourRule.MayAsk(liar, TimeSpan.FromMinutes(31) - TimeSpan.FromTicks(1), Forget));
        Assert.True(NeighbourRule.MayAsk(liar, TimeSpan.FromMinutes(31), Forget));
    }

    [Fact]
    public void Three_failures_in_a_row_are_enough_and_a_good_deed_wipes_them_out()
    {
        NeighbourRecord record = default;
        for (int i = 1; i < NeighbourRule.MaxStrikes; i++)
            record = record.With(NeighbourDeed.Failed, 0, TimeSpan.Zero);
        Assert.True(NeighbourRule.MayAsk(record, TimeSpan.Zero, Forget));
        Assert.False(NeighbourRule.MayAsk(record.With(NeighbourDeed.Failed, 0, TimeSpan.Zero), TimeSpan.Zero, Forget));
        Assert.Equal(0, record.With(NeighbourDeed.Gave, 100, TimeSpan.Zero).Strikes);
    }

    [Fact]
    public void The_fastest_is_asked_first_after_those_never_asked()
    {
        Neighbour[] found = [new("slow", "10.0.0.1", 80), new("new", "10.0.0.2", 80), new("fast", "10.0.0.3", 80), new("liar", "10.0.0.4", 80)];
        var records = new Dictionary<string, NeighbourRecord>
        {
            ["slow"] = new(0, default, 10),
            ["fast"] = new(0, default, 1000),
            ["liar"] = default(NeighbourRecord).With(NeighbourDeed.Lied, 0, default),
        };
        Assert.Equal(["new", "fast", "slow"], NeighbourRule.Order(found, neighbour => records.GetValueOrDefault(neighbour.Name), TimeSpan.Zero, Forget).Select(neighbour => neighbour.Name));
    }

    [Fact]
    public void A_question_and_its_answer_keep_their_bytes()
    {
        byte[] question = NeighbourQuestion.ToBytes([A, B, C]);
        Assert.Equal(A.ToString() + B + C, Convert.ToHexStringLower(question));
        Assert.Equal([A, B, C], NeighbourQuestion.Read(question, 3)!.Value);
        Assert.Null(NeighbourQuestion.Read(question, 2));
        byte[] bits = NeighbourQuestion.WriteHeld([A, B, C], new HashSet<ChunkId> { B });
        Assert.Equal("a0", Convert.ToHexStringLower(bits));
        Assert.Equal([A, C], NeighbourQuestion.ReadHeld([A, B, C], bits)!.Value);
        Assert.Null(NeighbourQuestion.ReadHeld([A, B, C], [0xa0, 0]));
    }

    [Fact]
    public void Cut_at_every_length_a_question_is_whole_names_or_none()
    {
        byte[] question = NeighbourQuestion.ToBytes([A, B, C]);
        for (int length = 0; length <= question.Length; length++)
            Assert.Equal(length > 0 && length % 32 == 0, NeighbourQuestion.Read(question.AsSpan(0, length), NeighbourQuestion.MostAsked) is not null);
    }

    [Fact]
    public void What_avahi_prints_is_read()
    {
        Assert.Equal((true, new Neighbour("edge-b0123456789", "192.168.1.20", 80)),
            AvahiLine.Read("=;eth0;IPv4;edge-b0123456789;_edge-box._tcp;local;box.local;192.168.1.20;80;"));
        Assert.Equal((false, new Neighbour("edge-b0123456789", "", 0)), AvahiLine.Read("-;eth0;IPv4;edge-b0123456789;_edge-box._tcp;local"));
        Assert.Null(AvahiLine.Read("+;eth0;IPv4;edge-b0123456789;_edge-box._tcp;local"));
        Assert.Null(AvahiLine.Read("=;eth0;IPv6;edge-b0123456789;_edge-box._tcp;local;box.local;fe80::1;80;"));
        Assert.Null(AvahiLine.Read("=;eth0;IPv4;edge-b0123456789;_edge-box._tcp;local;box.local;evil.example;80;"));
        Assert.Null(AvahiLine.Read("=;eth0;IPv4;edge-b0123456789;_edge-box._tcp;local;box.local;192.168.1.20;70000;"));
    }

    [Fact]
    public void Noise_is_no_neighbour_and_no_harm()
    {
        int inputs = Fuzz.Inputs;
        var random = new Random(20261123);
        const string alphabet = "=+-;;;;IPv4.0123456789ab\"\\\n";
        for (int i = 0; i < inputs; i++)
        {
            string line = random.Next(2) == 0
                ? new string([.. Enumerable.Range(0, random.Next(80)).Select(_ => alphabet[random.Next(alphabet.Length)])])
                : "=;eth0;IPv4;n;t;d;h;10.0.0.1;80;".Remove(random.Next(30), 1).Insert(random.Next(30), alphabet[random.Next(alphabet.Length)].ToString());
            if (AvahiLine.Read(line) is var (found, neighbour))
                Assert.True(neighbour.Name.Length > 0 && (!found || neighbour.Port is > 0 and < 65_536));
            byte[] bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            if (NeighbourQuestion.Read(bytes, 4) is { } names)
                Assert.Equal(bytes, NeighbourQuestion.ToBytes(names));
            NeighbourQuestion.ReadHeld([A, B, C], bytes);
        }
    }
}
