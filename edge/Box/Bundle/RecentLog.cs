using System.Globalization;
using System.Text;

namespace Edge.Box.Bundle;

/// <summary>The last lines of this run's log, in memory: what goes back on a stick when nobody can look at the journal.</summary>
public sealed class RecentLog(int mostBytes, TimeProvider time) : ILoggerProvider
{
    private readonly Lock _gate = new();
    private readonly Queue<string> _lines = [];
    private readonly long _started = time.GetTimestamp();
    private int _bytes;

    public ILogger CreateLogger(string categoryName) => new Writer(this);

    /// <summary>All lines, UTF-8, the oldest first.</summary>
    public byte[] ToBytes()
    {
        lock (_gate)
            return Encoding.UTF8.GetBytes(string.Concat(_lines));
    }

    public void Dispose()
    {
    }

    private void Add(string line)
    {
        lock (_gate)
        {
            _lines.Enqueue(line);
            _bytes += Encoding.UTF8.GetByteCount(line);
            while (_bytes > mostBytes)
                _bytes -= Encoding.UTF8.GetByteCount(_lines.Dequeue());
        }
    }

    private sealed class Writer(RecentLog log) : ILogger
    {
        private const int MostLetters = 2_000;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
                return;
            string said = formatter(state, exception);
            // Seconds since the start beside the wall time, which may lie.
            log.Add(string.Create(CultureInfo.InvariantCulture, $"{log.SecondsSinceStart:F3} {log.Now:yyyy-MM-ddTHH:mm:ssZ} {logLevel} {eventId.Id} {(said.Length > MostLetters ? said[..MostLetters] : said).ReplaceLineEndings(" ")}{(exception is null ? "" : " " + exception.GetType().Name)}\n"));
        }
    }

    private double SecondsSinceStart => time.GetElapsedTime(_started).TotalSeconds;

    private DateTimeOffset Now => time.GetUtcNow();
}
