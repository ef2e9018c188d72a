using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Edge.Core.Feedback;
using Edge.Durable;

namespace Edge.Box.Usage;

/// <param name="Day">Null: the box had no time to go by; such counts wait for the first day that it knows.</param>
/// <param name="Counts">By <see cref="UsageKey"/>.</param>
/// <param name="Sent">As they were when the outbox took them.</param>
public sealed record UsageEntry(DateOnly? Day, ImmutableArray<long> Counts, ImmutableArray<long> Sent);

/// <param name="Version">Of this form: 1.</param>
/// <param name="Storage">Name of this file, 16 hexadecimal digits.</param>
public sealed record UsageFile(int Version, string Storage, ImmutableArray<UsageEntry> Days);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(UsageFile))]
internal sealed partial class UsageJson : JsonSerializerContext;

/// <summary>Counts what the school uses: totals for each day that only grow. Counting never waits for the disk.</summary>
public sealed class UsageBook
{
    /// <summary>Days that are sent are forgotten after so many others.</summary>
    private const int KeptDays = 40;

    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly Func<DateOnly?> _today;
    private readonly ulong _storage;
    private readonly List<Counted> _days = [];
    private bool _changed;

    public UsageBook(string path, Func<DateOnly?> today)
    {
        (_path, _today) = (path, today);
        UsageFile? file = Read(path);
        _storage = file is null ? BinaryPrimitives.ReadUInt64BigEndian(RandomNumberGenerator.GetBytes(sizeof(ulong))) : ulong.Parse(file.Storage, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        foreach (UsageEntry entry in file?.Days ?? [])
            _days.Add(new Counted(entry.Day, [.. entry.Counts], entry.Sent));
        // The name rests on disk before anything is counted under it.
        _changed = file is null;
    }

    public void Count(UsageKey key)
    {
        DateOnly? today = _today();
        lock (_gate)
        {
            Add(Of(today), (int)key, 1);
            _changed = true;
        }
    }

    /// <summary>Days that changed since they were last taken up.</summary>
    public ImmutableArray<UsageDay> Owed()
    {
        DateOnly? today = _today();
        lock (_gate)
        {
            // What was counted before the box knew a day was never sent, so it may still move.
            if (today is not null && _days.Find(day => day.Day is null) is { } undated)
            {
                for (int key = 0; key < UsageDay.Keys; key++)
                    Add(Of(today), key, undated.Counts[key]);
                _changed = _days.Remove(undated);
            }
            return [.. _days.Where(day => day.Day is not null && !day.Sent.AsSpan().SequenceEqual(day.Counts)).Select(day => new UsageDay(_storage, day.Day!.Value, [.. day.Counts]))];
        }
    }

    /// <summary>The outbox has this one. Forgetting it in a power cut is harmless: totals may be sent again.</summary>
    public void Took(UsageDay taken)
    {
        lock (_gate)
        {
            if (_days.Find(day => day.Day == taken.Day) is { } day)
                day.Sent = taken.Counts;
            Counted[] sent = [.. _days.Where(day => day.Sent.AsSpan().SequenceEqual(day.Counts)).OrderBy(day => day.Day ?? DateOnly.MaxValue)];
            foreach (Counted over in sent.Take(_days.Count - KeptDays))
                _days.Remove(over);
            _changed = true;
        }
    }

    /// <summary>Writes what changed since the last time.</summary>
    public async Task KeepAsync(CancellationToken cancellationToken)
    {
        UsageFile file;
        lock (_gate)
        {
            if (!_changed)
                return;
            _changed = false;
            file = new UsageFile(1, _storage.ToString("x16", CultureInfo.InvariantCulture), [.. _days.Select(day => new UsageEntry(day.Day, [.. day.Counts], day.Sent))]);
        }
        try
        {
            await DurableFile.WriteAsync(_path, JsonSerializer.SerializeToUtf8Bytes(file, UsageJson.Default.UsageFile), cancellationToken);
        }
        catch
        {
            lock (_gate)
                _changed = true;
            throw;
        }
    }

    private Counted Of(DateOnly? wanted)
    {
        Counted? day = _days.Find(day => day.Day == wanted);
        if (day is null)
            _days.Add(day = new Counted(wanted, new long[UsageDay.Keys], [.. new long[UsageDay.Keys]]));
        return day;
    }

    private static void Add(Counted day, int key, long count) => day.Counts[key] = Math.Min(UsageDay.Most, day.Counts[key] + count);

    /// <returns>Null: there is none, or it is damaged; then counting begins under a new name, and what was sent under the old one stands.</returns>
    private static UsageFile? Read(string path)
    {
        if (!File.Exists(path))
            return null;
        try
        {
            UsageFile? file = JsonSerializer.Deserialize(File.ReadAllBytes(path), UsageJson.Default.UsageFile);
            return file is { Storage.Length: 16 } && ulong.TryParse(file.Storage, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _) && !file.Days.IsDefault
                && file.Days.All(day => day is { Counts.IsDefault: false, Sent.IsDefault: false } && day.Counts.Length == UsageDay.Keys && day.Sent.Length == UsageDay.Keys) ? file : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed class Counted(DateOnly? day, long[] counts, ImmutableArray<long> sent)
    {
        public DateOnly? Day { get; } = day;

        public long[] Counts { get; } = counts;

        public ImmutableArray<long> Sent { get; set; } = sent;
    }
}
