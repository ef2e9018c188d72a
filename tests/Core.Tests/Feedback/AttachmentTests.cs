using Edge.Core.Feedback;
using TestKit;
using TestKit.Feedback;
using Xunit;

namespace Edge.Core.Tests.Feedback;

public sealed class AttachmentTests
{
    private static readonly AttachmentLimits Limits = new(2 << 20, 1 << 20, TimeSpan.FromSeconds(60));

    [Fact]
    public async Task A_photo_keeps_its_picture_and_loses_the_place_where_it_was_taken()
    {
        byte[] jpeg = await TestPhoto.MakeAsync();
        byte[] phone = TestPhoto.AsOfPhone(jpeg);
        (Attachment attachment, byte[] clean) = AttachmentCheck.Take(phone, Limits)!.Value;
        Assert.True(phone.AsSpan().IndexOf(TestPhoto.Place) >= 0);
        Assert.True(clean.AsSpan().IndexOf(TestPhoto.Place) < 0);
        Assert.True(clean.AsSpan().IndexOf("Lavc"u8) < 0);
        Assert.Equal(await TestPhoto.SeenAsync(jpeg), await TestPhoto.SeenAsync(clean));
        // How it was held stays: it would lie on its side otherwise.
        Assert.Equal("Exif\0\0MM\0*\0\0\0\b\0\u0001\u0001\u0012\0\u0003\0\0\0\u0001\0\u0006"u8, clean.AsSpan(clean.AsSpan().IndexOf("Exif"u8), 26));
        Assert.Equal(clean, JpegFilter.Clean(clean));
        Assert.Equal((AttachmentType.Jpeg, clean.Length), (attachment.Type, attachment.LengthBytes));
        Assert.True(Attachment.TryParse(attachment.ToString(), out Attachment again));
        Assert.Equal(attachment, again);
    }

    [Fact]
    public async Task Sound_keeps_its_tone_and_loses_what_is_said_of_it()
    {
        byte[] phone = await TestPhoto.SoundAsync(3);
        Assert.True(phone.AsSpan().IndexOf(TestPhoto.Place) >= 0);
        (Attachment attachment, byte[] clean) = AttachmentCheck.Take(phone, Limits)!.Value;
        Assert.Equal(AttachmentType.Mp4, attachment.Type);
        Assert.True(clean.AsSpan().IndexOf(TestPhoto.Place) < 0);
        Assert.Equal(await TestPhoto.SeenAsync(phone), await TestPhoto.SeenAsync(clean));
        Assert.NotNull(SoundFilter.CleanMp4(phone, TimeSpan.FromSeconds(3.2)));
        Assert.Null(SoundFilter.CleanMp4(phone, TimeSpan.FromSeconds(2.9)));
    }

    [Fact]
    public void Sound_of_an_old_recorder_is_taken_up_to_its_longest_and_cut_at_the_last_whole_frame()
    {
        byte[] second = [.. Enumerable.Repeat((byte[])[0x3C, .. new byte[31]], 50).SelectMany(frame => frame)];
        byte[] amr = [.. "#!AMR\n"u8, .. second, 0x3C, 1, 2];
        Assert.Equal(6 + second.Length, SoundFilter.CleanAmr(amr, TimeSpan.FromSeconds(1))!.Length);
        Assert.Null(SoundFilter.CleanAmr(amr, TimeSpan.FromSeconds(0.98)));
        Assert.Null(SoundFilter.CleanAmr("#!AMR\n"u8, TimeSpan.FromSeconds(1)));
        Assert.Null(SoundFilter.CleanAmr([.. "#!AMR\n"u8, 0xFF], TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task What_is_cut_off_or_too_long_or_something_else_is_not_taken()
    {
        byte[] jpeg = await TestPhoto.MakeAsync(64, 48);
        for (int length = 0; length < jpeg.Length; length++)
            Assert.Null(AttachmentCheck.Take(jpeg.AsSpan(0, length), Limits));
        Assert.NotNull(AttachmentCheck.Take(jpeg, Limits with { PhotoBytes = jpeg.Length }));
        Assert.Null(AttachmentCheck.Take(jpeg, Limits with { PhotoBytes = jpeg.Length - 1 }));
        Assert.Null(AttachmentCheck.Take("<html><script>"u8, Limits));
        Assert.Null(AttachmentCheck.Take("\x89PNG\r\n\x1a\n"u8, Limits));
    }

    [Theory]
    [InlineData(0, 100, 0, 50, PieceVerdict.Take)]
    [InlineData(50, 100, 50, 50, PieceVerdict.Take)]
    [InlineData(50, 100, 50, 51, PieceVerdict.Wrong)]
    [InlineData(50, 100, 0, 50, PieceVerdict.Elsewhere)]
    [InlineData(50, 100, 51, 10, PieceVerdict.Elsewhere)]
    [InlineData(50, 100, 50, 0, PieceVerdict.Wrong)]
    [InlineData(50, 100, -1, 10, PieceVerdict.Wrong)]
    [InlineData(50, 100, long.MaxValue, 10, PieceVerdict.Wrong)]
    public void A_piece_is_taken_only_where_what_is_held_ends(int held, int total, long offset, int length, PieceVerdict verdict) => Assert.Equal(verdict, PieceRule.Judge(held, total, offset, length));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Damaged_photos_and_sounds_never_break_the_filters_and_what_comes_out_goes_through_unchanged(int seed)
    {
        var random = new Random(seed);
        byte[][] sound = [TestPhoto.AsOfPhone(await TestPhoto.MakeAsync(48, 32)), await TestPhoto.SoundAsync(1), [.. "#!AMR\n"u8, .. Enumerable.Repeat((byte[])[0x3C, .. new byte[31]], 20).SelectMany(frame => frame)]];
        for (int i = 0; i < Fuzz.Inputs / 2; i++)
        {
            byte[] file = [.. sound[i % sound.Length]];
            for (int change = random.Next(1, 6); change > 0; change--)
                file[random.Next(random.Next(2) == 0 ? Math.Min(200, file.Length) : file.Length)] = random.Next(3) == 0 ? (byte)0xFF : (byte)random.Next(256);
            ReadOnlySpan<byte> cut = file.AsSpan(0, random.Next(4) == 0 ? random.Next(file.Length) : file.Length);
            if (AttachmentCheck.Take(cut, Limits) is not var (attachment, clean))
                continue;
            Assert.True(clean.Length <= cut.Length + 36);
            Assert.Equal(attachment, AttachmentCheck.Take(clean, Limits)!.Value.Attachment);
        }
    }
}
