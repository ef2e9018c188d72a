using CsCheck;
using Edge.Core.Feedback;
using Edge.Core.Sync;
using Xunit;

namespace Edge.Core.Tests.Feedback;

public class OutboxTests
{
    private static readonly Outbox Fifty = new(Epoch: 1, Last: 50, Acked: 0);

    [Fact]
    public void Acks_in_any_order_end_at_the_highest_true_one() => Gen.Long[-5, 50].Array.Sample(acks =>
        acks.Aggregate(Fifty, (box, through) => box.With(new Ack(1, through))).Acked == acks.Where(a => a > 0).DefaultIfEmpty(0).Max());

    [Fact]
    public void An_ack_from_another_epoch_changes_nothing() => Assert.Equal(Fifty, Fifty.With(new Ack(2, 10)));

    [Fact]
    public void An_ack_of_the_future_says_that_the_storage_is_an_older_copy()
    {
        Assert.Equal(50, Fifty.With(new Ack(1, 50)).Acked);
        Assert.Equal(Fifty with { Epoch = 0 }, Fifty.With(new Ack(1, 51)));
    }

    [Fact]
    public void An_ack_of_another_item_says_so_too()
    {
        Assert.Equal(10, Fifty.With(new Ack(1, 10, Digest: 5), held: 5).Acked);
        Assert.Equal(10, Fifty.With(new Ack(1, 10, Digest: 5), held: null).Acked);
        Assert.Equal(Fifty with { Epoch = 0 }, Fifty.With(new Ack(1, 10, Digest: 5), held: 6));
    }

    [Fact]
    public void A_box_without_an_epoch_takes_no_ack() =>
        Assert.Equal(new Outbox(0, 5, 0), new Outbox(0, 5, 0).With(new Ack(0, 5)));

    [Fact]
    public void A_late_ack_of_an_older_generation_changes_nothing()
    {
        Outbox box = Fifty.With(new Ack(1, 20, Generation: 7));
        Assert.Equal(box, box.With(new Ack(1, 40, Generation: 6)));
    }

    [Fact]
    public void A_restored_relay_gets_again_what_it_lost()
    {
        Outbox box = Fifty.With(new Ack(1, 40, Generation: 7)).With(new Ack(1, 25, Generation: 8));
        Assert.Equal(25, box.Acked);
        Assert.Equal(1, box.Epoch);
    }

    [Fact]
    public void When_the_relay_lost_more_than_is_still_here_the_epoch_ends()
    {
        Outbox box = Fifty.With(new Ack(1, 40, Generation: 7)).Trim(retained: 10).With(new Ack(1, 25, Generation: 8));
        Assert.Equal((0, 30, 30), (box.Epoch, box.Kept, box.Acked));
        Outbox granted = box.With(new EpochGrant(2, 0, 8));
        Assert.Equal((2, 20, 0, 0), (granted.Epoch, granted.Last, granted.Acked, granted.Kept));
    }

    [Fact]
    public void An_old_epoch_is_not_taken_up() => Assert.Equal(Fifty, Fifty.With(new EpochGrant(1, 0, 0)));

    [Fact]
    public void Nothing_unacked_is_let_go() => Gen.Select(Gen.Long[0, 50], Gen.Long[0, 60]).Sample((acked, retained) =>
    {
        Outbox box = Fifty.With(new Ack(1, acked)).Trim(retained);
        return box.Kept <= box.Acked && box.Acked - box.Kept == Math.Min(acked, retained);
    });
}
