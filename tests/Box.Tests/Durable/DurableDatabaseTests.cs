using Edge.Durable;
using Dapper;
using Microsoft.Data.Sqlite;
using TestKit.Disk;
using Xunit;

namespace Edge.Box.Tests.Durable;

public sealed class DurableDatabaseTests : IDisposable
{
    private static readonly Schema Numbers = new("numbers", ["CREATE TABLE numbers (n INTEGER NOT NULL)"]);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Letting_go_waits_for_the_write_under_way_and_refuses_the_next()
    {
        using var begun = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        var database = new DurableDatabase(_folder["a.db"], Numbers);
        Task<bool> writing = Task.Run(() => database.WriteAsync((connection, transaction) =>
        {
            begun.Set();
            goOn.Wait();
            return connection.Execute("INSERT INTO numbers VALUES (1)", transaction: transaction) == 1;
        }, default));
        begun.Wait();
        Task letGo = Task.Run(database.Dispose);
        Task late = Task.Run(() => database.WriteAsync((connection, transaction) => connection.Execute("INSERT INTO numbers VALUES (2)", transaction: transaction), default));
        Assert.NotSame(letGo, await Task.WhenAny(letGo, Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System)));
        goOn.Set();
        Assert.True(await writing);
        await letGo;
        // It came before or after the letting go, and says so.
        await Task.WhenAny(late);
        bool kept = late.IsCompletedSuccessfully;
        if (!kept)
            await Assert.ThrowsAsync<ObjectDisposedException>(() => late);
        using var again = new DurableDatabase(_folder["a.db"], Numbers);
        Assert.Equal(kept ? [1, 2] : [1], again.Read(connection => connection.Query<int>("SELECT n FROM numbers ORDER BY n").ToArray()));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => database.WriteAsync((SqliteConnection _, SqliteTransaction _) => { }, default));
    }
}
