using Edge.Core.Identity;
using Edge.Core.Sync;

namespace Relay.Sync;

/// <summary>The broker that carries the boxes' links: the relay's own or another program's.</summary>
public interface IBoxBroker
{
    /// <summary>Hands a message to a box. One that is away does not get it; what must arrive lies in <see cref="DownQueue"/>.</summary>
    /// <param name="box">To whom.</param>
    /// <param name="message">What.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="IOException">The broker is not reached.</exception>
    Task SendAsync(BoxId box, DownMessage message, CancellationToken cancellationToken);

    /// <summary>Ends a box's connection now, as when it was revoked. It cannot come back while <see cref="SyncPorts.SchoolOf"/> does not know it.</summary>
    /// <param name="box">Which.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    Task DropAsync(BoxId box, CancellationToken cancellationToken);
}
