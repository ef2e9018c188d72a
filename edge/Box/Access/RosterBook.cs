using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Edge.Core.Feedback;

namespace Edge.Box.Access;

/// <param name="Version">Of this form: 1.</param>
/// <param name="Rows">In order of class and seat.</param>
public sealed record RosterFile(int Version, ImmutableArray<RosterRow> Rows);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(RosterFile))]
internal sealed partial class RosterJson : JsonSerializerContext;

/// <summary>Names of the pupils. Read by pages for teachers and for phones that gave the class's PIN; nothing that leaves the box is made from it.</summary>
public sealed class RosterBook : IDisposable
{
    private readonly string _path;
    private readonly SemaphoreSlim _writing = new(1);
    private ImmutableSortedDictionary<string, ImmutableArray<RosterRow>> _classes;

    public RosterBook(AccessPorts ports)
    {
        Directory.CreateDirectory(ports.Folder);
        _path = Path.Combine(ports.Folder, "roster.json");
        _classes = ByClass(AccessFiles.Read(_path, RosterJson.Default.RosterFile)?.Rows ?? []);
    }

    /// <summary>Classes with names.</summary>
    public IEnumerable<string> Classes => _classes.Keys;

    /// <summary>Who is in a class, by seat; empty: nobody said.</summary>
    public ImmutableArray<RosterRow> Of(string className) => _classes.GetValueOrDefault(className, []);

    /// <summary>Who sits there; null: nobody said.</summary>
    public string? NameOf(Seat seat) => seat.Role == SeatRole.Pupil ? Of(seat.Class).FirstOrDefault(row => row.Number == seat.Number)?.Name : null;

    /// <summary>Takes a list in: it replaces the names of the classes that it holds.</summary>
    /// <returns>False: there would be more names than a box keeps.</returns>
    public Task<bool> TakeAsync(ImmutableArray<RosterRow> rows) => ChangeAsync(classes => classes.SetItems(ByClass(rows)));

    /// <summary>Forgets the names of a class.</summary>
    public Task ForgetAsync(string className) => ChangeAsync(classes => classes.Remove(className));

    public void Dispose() => _writing.Dispose();

    private static ImmutableSortedDictionary<string, ImmutableArray<RosterRow>> ByClass(ImmutableArray<RosterRow> rows) =>
        rows.GroupBy(row => row.Class, StringComparer.OrdinalIgnoreCase).ToImmutableSortedDictionary(group => group.Key, group => group.OrderBy(row => row.Number).ToImmutableArray(), StringComparer.OrdinalIgnoreCase);

    private async Task<bool> ChangeAsync(Func<ImmutableSortedDictionary<string, ImmutableArray<RosterRow>>, ImmutableSortedDictionary<string, ImmutableArray<RosterRow>>> change)
    {
        await _writing.WaitAsync();
        try
        {
            ImmutableSortedDictionary<string, ImmutableArray<RosterRow>> next = change(_classes);
            ImmutableArray<RosterRow> rows = [.. next.Values.SelectMany(names => names)];
            if (rows.Length > Roster.MaxRows)
                return false;
            await AccessFiles.WriteAsync(_path, new RosterFile(1, rows), RosterJson.Default.RosterFile);
            _classes = next;
            return true;
        }
        finally
        {
            _writing.Release();
        }
    }
}
