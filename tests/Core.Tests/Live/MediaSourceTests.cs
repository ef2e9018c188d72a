using Edge.Core.Live;
using Xunit;

namespace Edge.Core.Tests.Live;

public sealed class MediaSourceTests
{
    [Theory]
    [InlineData("rtsp://user:secret@10.0.0.5:554/stream", SourceKind.Rtsp)]
    [InlineData("rtmp://school/live/key", SourceKind.Rtmp)]
    [InlineData("srt://encoder:9000?latency=2000000", SourceKind.Srt)]
    [InlineData("https://origin/live.m3u8", SourceKind.Http)]
    [InlineData("udp://239.1.2.3:5000", SourceKind.Udp)]
    [InlineData("rtp://@239.1.2.3:5000", SourceKind.Rtp)]
    [InlineData("satip://receiver:554/?src=1&freq=11494&pol=h&msys=dvbs2&secret", SourceKind.SatIp)]
    public void Streams_by_known_roads_are_sources(string text, SourceKind kind)
    {
        Assert.True(MediaSource.TryParse(text, out MediaSource source));
        Assert.Equal(kind, source.Kind);
        Assert.DoesNotContain("secret", source.Shown, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/etc/passwd")]
    [InlineData("file:///etc/passwd")]
    [InlineData("concat:/etc/passwd")]
    [InlineData("srt://encoder")]
    [InlineData("udp://239.1.2.3")]
    [InlineData("http://x/a b")]
    [InlineData("-i")]
    public void Files_and_what_names_no_stream_are_none(string? text) => Assert.False(MediaSource.TryParse(text, out _));

    [Theory]
    [InlineData("rtsp://user:p%40ss@10.0.0.5:554/stream?token=abc")]
    [InlineData("srt://encoder:9000?passphrase=p%40ss&latency=1&token=abc")]
    public void What_a_child_says_of_its_address_is_told_without_its_secrets(string text)
    {
        Assert.True(MediaSource.TryParse(text, out MediaSource source));
        string said = source.Hide($"{text}: 401, user:p@ss was refused; {source.Address.AbsoluteUri} with p%40ss and {source.Address.Query}");
        Assert.DoesNotContain("p%40ss", said, StringComparison.Ordinal);
        Assert.DoesNotContain("user:p@ss", said, StringComparison.Ordinal);
        Assert.DoesNotContain("token=abc", said, StringComparison.Ordinal);
        Assert.Contains("401", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a", "a", "a,b", "a")]
    [InlineData("b", "a", "a,b", "b")]
    [InlineData("b", "a", "a,c", "a")]
    [InlineData("b", "a", "c,d", "c")]
    [InlineData("b", "a", "", "a")]
    public void The_chosen_camera_is_on_air_while_it_gives_a_picture(string chosen, string onAir, string giving, string expected) =>
        Assert.Equal(expected, ProgrammeChoice.For(chosen, onAir, [.. giving.Split(',', StringSplitOptions.RemoveEmptyEntries)]));

    [Theory]
    [InlineData(20, 1000)]
    [InlineData(250, 1000)]
    [InlineData(600, 2400)]
    [InlineData(9000, 8000)]
    public void Srt_waits_a_second_or_four_round_trips(int roundTrip, int latency) =>
        Assert.Equal(latency, SrtLatency.For(TimeSpan.FromMilliseconds(roundTrip)).TotalMilliseconds);

    [Theory]
    [InlineData(1000, 330, false)]
    [InlineData(1000, 340, true)]
    [InlineData(2400, 600, false)]
    public void A_call_is_made_anew_when_its_latency_is_far_too_short(int latency, int roundTrip, bool anew) =>
        Assert.Equal(anew, SrtLatency.IsTooShort(TimeSpan.FromMilliseconds(latency), TimeSpan.FromMilliseconds(roundTrip)));

    [Theory]
    [InlineData("abc", "abc")]
    [InlineData("#!::r=abc,m=publish", "abc")]
    [InlineData("#!::m=publish", "")]
    public void A_stream_id_holds_the_key(string id, string key) => Assert.Equal(key, SrtStreamId.KeyOf(id));
}
