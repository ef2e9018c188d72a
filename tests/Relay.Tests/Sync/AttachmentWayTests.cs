using Edge.Core.Feedback;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Microsoft.Extensions.DependencyInjection;
using Relay.Feedback;
using Relay.Sync;
using TestKit;
using TestKit.Feedback;
using Xunit;

namespace Relay.Tests.Sync;

/// <summary>A photo's way from the box's disk to the relay's, over real servers.</summary>
public sealed class AttachmentWayTests : IAsyncLifetime
{
    private RelayEnd _relay = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _relay = await RelayEnd.StartAsync(BrokerKind.Embedded, Token);

    public ValueTask DisposeAsync() => _relay.DisposeAsync();

    [Fact]
    public async Task Words_come_at_once_and_the_photo_follows_when_the_lesson_lets_it_and_each_byte_is_sent_once_over_restarts_of_both()
    {
        await using BoxEnd box = await BoxEnd.StartAsync(_relay, Token);
        byte[] photo = JpegFilter.Clean(await TestPhoto.MakeAsync())!;
        Attachment attachment = Attachment.Of(AttachmentType.Jpeg, photo);
        var sent = new Counted();
        // A lesson needs the link.
        int granted = 0;
        box.Grant = wanted => granted > 0 ? new LinkAnswer(Math.Min(wanted, Interlocked.Exchange(ref granted, 0)), TimeSpan.Zero, LinkHold.None) : new LinkAnswer(0, TimeSpan.FromMilliseconds(20), LinkHold.Live);
        box.Bulk = sent.To(_relay.HttpFor(box.Id));
        Assert.NotNull(await box.AskAsync("What is this?", attachment, photo, Token));
        await Eventually.TrueAsync(() => _relay.ContentsOf(box.Id).Length == 1);
        Assert.Equal((0L, attachment), (Entry().AttachmentHeld, Entry().Attachment));
        Assert.Equal(0, sent.Bytes);
        for (int piece = 1; piece <= 3; piece++)
        {
            Volatile.Write(ref granted, 16 << 10);
            await Eventually.TrueAsync(() => Entry().AttachmentHeld == piece * (16 << 10));
        }
        Assert.Null(_relay.Services.GetRequiredService<AttachmentStore>().Find(box.Id, attachment));
        // Both ends lose their processes.
        await box.StopAsync();
        await _relay.StopAsync();
        await _relay.RunAsync(Token);
        box.Bulk = sent.To(_relay.HttpFor(box.Id));
        box.Grant = wanted => new LinkAnswer(wanted, TimeSpan.Zero, LinkHold.None);
        await box.RunAsync(Token);
        await Eventually.TrueAsync(() => box.Attachments.IsSent(attachment));
        Assert.Equal(photo, await File.ReadAllBytesAsync(_relay.Services.GetRequiredService<AttachmentStore>().Find(box.Id, attachment)!, Token));
        Assert.Equal(photo.Length, sent.Bytes);

        FeedbackEntry Entry() => _relay.Feedback.Find(1)!;
    }

    [Fact]
    public async Task Only_what_a_question_names_is_taken_and_only_bytes_that_have_its_hash_are_ever_shown()
    {
        await using BoxEnd box = await BoxEnd.StartAsync(_relay, Token);
        var store = _relay.Services.GetRequiredService<AttachmentStore>();
        byte[] photo = new byte[50_000];
        new Random(1).NextBytes(photo);
        Attachment attachment = Attachment.Of(AttachmentType.Jpeg, photo);
        Assert.Equal((AttachmentAnswer.Unknown, 0), await store.TakeAsync(box.Id, attachment, 0, photo, Token));
        await box.AskAsync("?", attachment, photo, Token);
        await Eventually.TrueAsync(() => _relay.ContentsOf(box.Id).Length == 1);
        Assert.Equal((AttachmentAnswer.Unknown, 0), await store.TakeAsync(BoxId.New(), attachment, 0, photo, Token));
        Assert.Equal((AttachmentAnswer.Held, 20_000), await store.TakeAsync(box.Id, attachment, 0, photo.AsMemory(0, 20_000), Token));
        Assert.Equal((AttachmentAnswer.Elsewhere, 20_000), await store.TakeAsync(box.Id, attachment, 0, photo.AsMemory(0, 20_000), Token));
        Assert.Equal((AttachmentAnswer.Held, 0), await store.TakeAsync(box.Id, attachment, 20_000, new byte[30_000], Token));
        Assert.Null(store.Find(box.Id, attachment));
        Assert.Equal((AttachmentAnswer.Held, 50_000), await store.TakeAsync(box.Id, attachment, 0, photo, Token));
        Assert.Equal(photo, await File.ReadAllBytesAsync(store.Find(box.Id, attachment)!, Token));
    }

    private sealed class Counted
    {
        private long _bytes;

        public long Bytes => Interlocked.Read(ref _bytes);

        public HttpClient To(HttpClient relay) => new(new Handler(this, relay)) { BaseAddress = relay.BaseAddress };

        private sealed class Handler(Counted counted, HttpClient relay) : HttpMessageHandler
        {
            protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            {
                byte[]? body = request.Content is null ? null : await request.Content.ReadAsByteArrayAsync(cancellationToken);
                Interlocked.Add(ref counted._bytes, body?.Length ?? 0);
                using var copy = new HttpRequestMessage(request.Method, request.RequestUri) { Content = body is null ? null : new ByteArrayContent(body) };
                return await relay.SendAsync(copy, cancellationToken);
            }
        }
    }
}
