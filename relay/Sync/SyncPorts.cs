using System.Security.Cryptography.X509Certificates;
using Edge.Core.Feedback;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Microsoft.Data.Sqlite;

namespace Relay.Sync;

/// <summary>An item that the relay took in for the first time.</summary>
/// <param name="Box">From which box.</param>
/// <param name="School">Whose box it is.</param>
/// <param name="Epoch">Of its sequence.</param>
/// <param name="Sequence">Its place.</param>
/// <param name="Item">The item; sound.</param>
public sealed record ArrivedItem(BoxId Box, string School, long Epoch, long Sequence, FeedbackItem Item);

/// <summary>What the links ask of the rest of the relay. Joined in RelayServer.</summary>
/// <param name="Server">The certificate the embedded broker shows.</param>
/// <param name="Client">The certificate the relay shows to an external broker.</param>
/// <param name="Authority">What an external broker's certificate must come from.</param>
/// <param name="BoxOf">The box a client certificate belongs to; null when it is not one of ours or has run out.</param>
/// <param name="SchoolOf">The school of a box; null when it is unknown or revoked.</param>
/// <param name="Seen">A box was heard of; whether its link stands.</param>
/// <param name="Reported">A box's status report came, as its bytes.</param>
/// <param name="Store">Keeps an item within the transaction that moves the cursor.</param>
public sealed record SyncPorts(
    Func<X509Certificate2> Server,
    Func<X509Certificate2> Client,
    Func<X509Certificate2> Authority,
    Func<X509Certificate2, BoxId?> BoxOf,
    Func<BoxId, string?> SchoolOf,
    Func<BoxId, bool, CancellationToken, Task> Seen,
    Func<BoxId, StatusReport, ReadOnlyMemory<byte>, CancellationToken, Task> Reported,
    Action<SqliteConnection, SqliteTransaction, ArrivedItem> Store);
