using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Edge.Box.Content;

/// <summary>Keeps the library's search index in step with what shows.</summary>
public sealed class LibrarySearchLoop(LibrarySearch search, IOptions<ContentOptions> options, TimeProvider time, ILogger<LibrarySearchLoop> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await search.FollowAsync(stoppingToken);
            }
            // The disk's trouble: full, read-only or failing. The library shows all the same; search goes on later.
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or SqliteException)
            {
                log.SearchFailed(e.Message);
                search.Retry();
                await Task.Delay(options.Value.LongestWait, time, stoppingToken);
            }
        }
    }
}
