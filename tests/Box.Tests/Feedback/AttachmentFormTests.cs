using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Edge.Box.Feedback;
using Edge.Core.Feedback;
using Edge.Core.Sync;
using TestKit.Feedback;
using Xunit;

namespace Edge.Box.Tests.Feedback;

public sealed class AttachmentFormTests : IAsyncLifetime
{
    private FeedbackBox _box = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _box = await FeedbackBox.StartAsync(Token);

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    [Fact]
    public async Task Said_yes_kept_a_photo_sent_without_script_is_on_disk_without_its_place_and_others_see_it_when_it_was_answered()
    {
        byte[] phone = TestPhoto.AsOfPhone(await TestPhoto.MakeAsync());
        using HttpResponseMessage answer = await PostAsync(phone, text: "");
        Assert.Equal("/lesson/maths-3a?saved=1", answer.Headers.Location!.OriginalString);
        await _box.StopAsync();
        string file = Assert.Single(Directory.GetFiles(_box.AttachmentFolder));
        byte[] kept = await File.ReadAllBytesAsync(file, Token);
        // A power cut came between the file and the row.
        await Edge.Durable.DurableFile.WriteAsync(Path.Combine(_box.AttachmentFolder, "left-over"), kept, Token);
        await _box.RunAsync(Token);
        LessonQuestion question = Assert.Single(await QuestionsAsync());
        Assert.Equal(new QuestionAttachment(Photo: true, Sent: false, Shown: false), question.Attachment);
        Assert.Equal(file, Assert.Single(Directory.GetFiles(_box.AttachmentFolder)));
        Assert.True(kept.AsSpan().IndexOf(TestPhoto.Place) < 0);
        using (HttpResponseMessage unseen = await _box.Http.GetAsync("/lesson/maths-3a/question/1/attachment", Token))
            Assert.Equal(HttpStatusCode.NotFound, unseen.StatusCode);
        await _box.Get<DownInbox>().TakeAsync(new DownItem(1, "x", DownKind.Answer, question.Id, "maths-3a", "A leaf."), Token);
        using HttpResponseMessage seen = await _box.Http.GetAsync("/lesson/maths-3a/question/1/attachment", Token);
        Assert.Equal(kept, await seen.Content.ReadAsByteArrayAsync(Token));
        Assert.Equal(("nosniff", "image/jpeg"), (seen.Headers.GetValues("X-Content-Type-Options").Single(), seen.Content.Headers.ContentType!.MediaType));
    }

    [Fact]
    public async Task What_is_no_photo_or_sound_is_refused_with_nothing_kept_whatever_it_is_called()
    {
        using HttpResponseMessage answer = await PostAsync("<html><script>alert(1)</script>"u8.ToArray(), "Look");
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
        using HttpResponseMessage forged = await _box.Http.PostAsync("/feedback", new FormUrlEncodedContent(
            [new("kind", "Question"), new("lesson", "maths-3a"), new("seat", "1"), new("text", "x"), new("subject", $"jpeg-{new string('0', 64)}-5")]), Token);
        Assert.Null(Assert.Single(await QuestionsAsync()).Attachment);
        Assert.Empty(Directory.GetFiles(_box.AttachmentFolder));
    }

    [Fact]
    public async Task Where_there_is_no_room_the_photo_is_refused_before_the_words()
    {
        await _box.StopAsync();
        await _box.RunAsync(Token, ("Attachment:ReserveBytes", $"{1L << 40}"));
        byte[] photo = await TestPhoto.MakeAsync();
        using HttpResponseMessage answer = await PostAsync(photo, "Look");
        Assert.Equal("/lesson/maths-3a?saved=1&without", answer.Headers.Location!.OriginalString);
        Assert.Equal("Look", Assert.Single(await QuestionsAsync()).Text);
        using HttpResponseMessage wordless = await PostAsync(photo, "");
        Assert.Equal(HttpStatusCode.InsufficientStorage, wordless.StatusCode);
    }

    [Fact]
    public async Task What_the_relay_has_goes_when_the_box_has_run_long_enough_after()
    {
        await _box.StopAsync();
        await _box.RunAsync(Token, ("Attachment:KeptHours", "2"));
        (await PostAsync(await TestPhoto.MakeAsync(64, 48), "Look")).Dispose();
        var store = _box.Get<AttachmentStore>();
        Assert.Empty(store.Owed(10));
        Assert.True(Attachment.TryParse(Path.GetFileName(Directory.GetFiles(_box.AttachmentFolder).Single()), out Attachment attachment));
        await store.HourAsync(Token);
        await store.SentAsync(attachment, Token);
        await store.HourAsync(Token);
        Assert.NotNull(store.Find(attachment));
        await store.HourAsync(Token);
        Assert.Null(store.Find(attachment));
        Assert.True(Assert.Single(await QuestionsAsync()).Attachment!.Sent);
    }

    [Fact]
    public async Task Said_yes_kept_a_phone_that_loses_the_network_goes_on_where_the_box_stands_also_after_the_box_lost_its_power()
    {
        const string name = "0123456789abcdef0123456789abcdef";
        byte[] photo = TestPhoto.AsOfPhone(await TestPhoto.MakeAsync());
        Assert.Equal((HttpStatusCode.OK, 20_000), await PutAsync(name, photo.Length, 0, photo.AsMemory(0, 20_000)));
        // The answer got lost: the same piece again, and one that is ahead.
        Assert.Equal((HttpStatusCode.Conflict, 20_000), await PutAsync(name, photo.Length, 0, photo.AsMemory(0, 20_000)));
        Assert.Equal((HttpStatusCode.Conflict, 20_000), await PutAsync(name, photo.Length, 40_000, photo.AsMemory(40_000, 100)));
        using (HttpResponseMessage early = await AskAsync(name, photo.Length))
            Assert.Equal(HttpStatusCode.Conflict, early.StatusCode);
        await _box.StopAsync();
        await _box.RunAsync(Token);
        int held = (await _box.Http.GetFromJsonAsync<HeldBytes>($"/attachment/{name}", Token))!.Held;
        Assert.Equal(20_000, held);
        for (; held < photo.Length; held = Math.Min(held + (64 << 10), photo.Length))
            Assert.Equal(HttpStatusCode.OK, (await PutAsync(name, photo.Length, held, photo.AsMemory(held, Math.Min(64 << 10, photo.Length - held)))).Status);
        for (int again = 0; again < 2; again++)
        {
            using HttpResponseMessage saved = await AskAsync(name, photo.Length);
            Assert.Equal("/lesson/maths-3a?saved=1", saved.Headers.Location?.OriginalString);
        }
        Assert.True(Assert.Single(await QuestionsAsync()).Attachment!.Photo);
        Assert.Equal(JpegFilter.Clean(photo), await File.ReadAllBytesAsync(Directory.GetFiles(_box.AttachmentFolder).Single(), Token));
        Assert.Equal(0, _box.Get<ComingStore>().Held(name));
    }

    [Fact]
    public async Task Of_more_than_may_come_at_once_the_one_that_stands_still_longest_is_begun_anew_and_nothing_too_long_begins()
    {
        await _box.StopAsync();
        await _box.RunAsync(Token, ("Attachment:MaxComing", "2"));
        string[] names = [.. Enumerable.Range(1, 3).Select(i => $"{i:x32}")];
        foreach (string name in names)
            Assert.Equal((HttpStatusCode.OK, 10), await PutAsync(name, 100, 0, new byte[10]));
        Assert.Equal([0, 10, 10], names.Select(_box.Get<ComingStore>().Held));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await PutAsync(names[0], (2 << 20) + 1, 0, new byte[10])).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await PutAsync("..%2F..%2Fx", 100, 0, new byte[10])).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await PutAsync(names[0], 100, 95, new byte[10])).Status);
    }

    private async Task<(HttpStatusCode Status, int Held)> PutAsync(string name, int length, int offset, ReadOnlyMemory<byte> piece)
    {
        using HttpResponseMessage answer = await _box.Http.PutAsync($"/attachment/{name}?offset={offset}&length={length}", new ReadOnlyMemoryContent(piece), Token);
        return (answer.StatusCode, answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Conflict ? (await answer.Content.ReadFromJsonAsync<HeldBytes>(Token))!.Held : 0);
    }

    private Task<HttpResponseMessage> AskAsync(string name, int length) => _box.Http.PostAsync("/lesson/maths-3a/question", new FormUrlEncodedContent(
        [new("text", "Look"), new("seat", "12"), new("nonce", name), new("attachment", name), new("attachment-bytes", $"{length}")]), Token);

    private async Task<ImmutableArray<LessonQuestion>> QuestionsAsync() =>
        await _box.Http.GetFromJsonAsync<ImmutableArray<LessonQuestion>>("/lesson/maths-3a/questions.json", Token);

    private async Task<HttpResponseMessage> PostAsync(byte[] file, string text)
    {
        using var form = new MultipartFormDataContent
        {
            { new StringContent(text), "text" },
            { new StringContent("12"), "seat" },
            { new ByteArrayContent(file), "photo", "IMG_1.jpg" },
        };
        // What a browser sends for a field that was left alone.
        form.Add(new ByteArrayContent([]) { Headers = { ContentDisposition = new ContentDispositionHeaderValue("form-data") { Name = "sound", FileName = "\"\"" } } });
        return await _box.Http.PostAsync("/lesson/maths-3a/question", form, Token);
    }
}
