using System.Collections.Immutable;
using System.Threading.Channels;
using Edge.Core.Panel;

namespace Edge.Box.Panel;

/// <summary>
/// The one panel of the box. Takes gestures of all faces one after the other, looks at the facts, and lets each face
/// see the same snapshot the moment it changes.
/// </summary>
public sealed class PanelHub
{
    private readonly Lock _gate = new();
    private readonly Func<PanelFacts> _facts;
    private readonly TimeProvider _time;
    private readonly int _effectQueue;
    private readonly Channel<PanelEffect> _effects;
    private TaskCompletionSource _changed = NewSignal();
    private PanelState _state;
    private volatile PanelSnapshot _current;

    /// <param name="effectQueue">Effects that may wait; at least <see cref="PanelMachine.MaxEffects"/>.</param>
    public PanelHub(PanelState restored, Func<PanelFacts> facts, int effectQueue, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(effectQueue, PanelMachine.MaxEffects);
        _state = restored;
        _facts = facts;
        _time = time;
        _effectQueue = effectQueue;
        _effects = Channel.CreateBounded<PanelEffect>(new BoundedChannelOptions(effectQueue) { SingleReader = true });
        _current = new PanelSnapshot((long)Now.TotalMilliseconds, PanelView.Of(_state, facts(), Now));
        Evaluate();
    }

    /// <summary>The panel's clock: lamps count from its zero on every face.</summary>
    public TimeSpan Now => _time.GetElapsedTime(0);

    public PanelSnapshot Current => _current;

    /// <summary>What outlives a restart, as it is now.</summary>
    public PanelMemory Memory
    {
        get
        {
            lock (_gate)
                return PanelMemory.Of(_state);
        }
    }

    /// <summary>Effects in the order in which they came; for one reader.</summary>
    public ChannelReader<PanelEffect> Effects => _effects.Reader;

    /// <summary>Takes one gesture; afterwards <see cref="Current"/> shows what it did.</summary>
    /// <returns>False if the box is too far behind with earlier effects: nothing has changed.</returns>
    public bool Press(Gesture gesture) => Step(gesture);

    /// <summary>Lets time and facts do their part. To be called at least every 100 ms.</summary>
    public void Evaluate() => Step(null);

    /// <summary>The snapshot as soon as its version is not <paramref name="known"/>, at the latest after <paramref name="limit"/>.</summary>
    public async Task<PanelSnapshot> OtherThanAsync(long known, TimeSpan limit, CancellationToken cancellationToken)
    {
        long began = _time.GetTimestamp();
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_current.Version != known)
                    return _current;
                changed = _changed.Task;
            }
            TimeSpan left = limit - _time.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
                return _current;
            try
            {
                await changed.WaitAsync(left, _time, cancellationToken);
            }
            catch (TimeoutException)
            {
                return _current;
            }
        }
    }

    private bool Step(Gesture? gesture)
    {
        TaskCompletionSource? changed = null;
        bool room;
        lock (_gate)
        {
            // Only we write, under this lock, so room found here is room kept. Without room the lamps still follow the facts.
            room = _effects.Reader.Count <= _effectQueue - PanelMachine.MaxEffects;
            PanelFacts facts = _facts();
            if (room)
            {
                (_state, ImmutableArray<PanelEffect> effects) = PanelMachine.Step(_state, facts, new PanelInput(Now, gesture));
                foreach (PanelEffect effect in effects)
                    _effects.Writer.TryWrite(effect);
            }

            PanelView view = PanelView.Of(_state, facts, Now);
            if (view != _current.View)
            {
                _current = new PanelSnapshot(_current.Version + 1, view);
                (changed, _changed) = (_changed, NewSignal());
            }
        }
        changed?.SetResult();
        return room;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
