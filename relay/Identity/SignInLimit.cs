using System.Net;
using Dapper;
using Edge.Durable;
using Microsoft.Extensions.Options;

namespace Relay.Identity;

/// <summary>Counts wrong staff keys by address, on disk: a restart gives nobody new tries. While an address waits, the right key does not help it either,
/// or guessing would go on. Counted alike on the sign-in page and for bearer tokens of the staff API; those signed in already are not touched.</summary>
public sealed class SignInLimit(DurableDatabase database, IOptions<SignInOptions> options, TimeProvider time)
{
    public static readonly Schema Schema = new("sign-in",
    [
        """
        CREATE TABLE sign_in_failures (
            address TEXT PRIMARY KEY,
            first INTEGER NOT NULL,           -- Unix milliseconds
            count INTEGER NOT NULL
        ) WITHOUT ROWID;
        """,
    ]);

    /// <summary>How long this address has to wait; null: it may try.</summary>
    public TimeSpan? WaitOf(IPAddress? address)
    {
        (long First, long Count)? failures = database.Read(connection =>
            connection.QueryFirstOrDefault<(long, long)?>("SELECT first, count FROM sign_in_failures WHERE address = @name", new { name = NameOf(address) }));
        if (failures is not { } held || held.Count < options.Value.MaxFailures)
            return null;
        // A clock that stepped back makes nobody wait longer than the window.
        TimeSpan since = TimeSpan.FromMilliseconds(Math.Max(0, Now() - held.First));
        return since < options.Value.Window ? options.Value.Window - since : null;
    }

    public Task FailedAsync(IPAddress? address, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
    {
        long now = Now();
        connection.Execute("DELETE FROM sign_in_failures WHERE first <= @over OR first > @now", new { over = now - (long)options.Value.Window.TotalMilliseconds, now }, transaction);
        connection.Execute("INSERT INTO sign_in_failures (address, first, count) VALUES (@name, @now, 1) ON CONFLICT (address) DO UPDATE SET count = count + 1", new { name = NameOf(address), now }, transaction);
    }, cancellationToken);

    public Task SucceededAsync(IPAddress? address, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
        connection.Execute("DELETE FROM sign_in_failures WHERE address = @name", new { name = NameOf(address) }, transaction), cancellationToken);

    /// <summary>One house is one address: of IPv6 the first 64 bits.</summary>
    private static string NameOf(IPAddress? address)
    {
        if (address is null)
            return "";
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        byte[] bytes = address.GetAddressBytes();
        return Convert.ToHexStringLower(bytes.AsSpan(0, Math.Min(bytes.Length, 8)));
    }

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();
}
