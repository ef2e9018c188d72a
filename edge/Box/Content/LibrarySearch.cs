using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dapper;
using Edge.Core.Content;
using Edge.Core.Text;
using Edge.Durable;
using Microsoft.Data.Sqlite;

namespace Edge.Box.Content;

/// <summary>One page of an answer.</summary>
/// <param name="Total">Packs on all pages.</param>
/// <param name="Entries">Those of this page: packs whose title fits first, then by subject, grade and title.</param>
/// <param name="Facets">How the search can be narrowed.</param>
/// <param name="Complete">False while packs are still being entered: there may be more.</param>
public sealed record LibraryAnswer(int Total, ImmutableArray<LibraryEntry> Entries, LibraryFacets Facets, bool Complete);

/// <summary>Finds packs that show, by words and by what they are, as the school sees them: its own items are found, those it took out are not.
/// The index follows library and layers by itself; lost or damaged, it is made anew from the manifests.</summary>
public sealed class LibrarySearch : IDisposable
{
    /// <summary>Most packs on a page.</summary>
    public const int MaxTake = 200;

    /// <summary>Most terms entered of one pack: a pack of thousands of files is found by its title and its first files.</summary>
    private const int MaxTerms = 20_000;

    private const int ComparedAtOnce = 500;
    private const int EnteredAtOnce = 100;

    private readonly string _path;
    private readonly PackLibrary _library;
    private readonly LocalLayers? _layers;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private readonly HashSet<string> _changed = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _news = new(1, 1);
    private volatile DurableDatabase _database;
    private volatile bool _following;
    private Columns? _columns;

    /// <param name="path">The index's file; made if missing, and anew if damaged.</param>
    /// <param name="library">What is searched.</param>
    /// <param name="log">Where trouble is told.</param>
    /// <param name="layers">What the school laid over its packs; null: nothing.</param>
    public LibrarySearch(string path, PackLibrary library, ILogger<LibrarySearch> log, LocalLayers? layers = null)
    {
        _path = path;
        _library = library;
        _log = log;
        _database = Open();
        _layers = layers;
        library.PackChanged += Note;
        if (layers is not null)
            layers.Changed += Note;
    }

    /// <summary>Looks for packs.</summary>
    /// <exception cref="IOException">The index is damaged; it is being made anew.</exception>
    public LibraryAnswer Search(LibraryQuery query)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(query.Skip);
        ArgumentOutOfRangeException.ThrowIfNegative(query.Take);
        DurableDatabase database = _database;
        try
        {
            return Search(query, database);
        }
        catch (SqliteException e) when (IsDamage(e))
        {
            _log.SearchDamaged(e.Message);
            Damaged(database);
            throw new IOException("the library's index is being made anew", e);
        }
    }

    /// <summary>Titles of packs that show, in some version; a pack that does not is left out.</summary>
    public IReadOnlyDictionary<string, LocalText> TitlesOf(IEnumerable<string> packs)
    {
        DurableDatabase database = _database;
        try
        {
            return database.Read(connection => packs.Distinct().Select(pack => (pack, title: connection.QuerySingleOrDefault<string>("SELECT title FROM sets WHERE pack = @pack", new { pack })))
                .Where(row => row.title is not null).ToDictionary(row => row.pack, row => JsonSerializer.Deserialize(row.title!, SearchJson.Default.LocalText)!));
        }
        catch (SqliteException e) when (IsDamage(e))
        {
            _log.SearchDamaged(e.Message);
            Damaged(database);
            return ImmutableDictionary<string, LocalText>.Empty;
        }
    }

    /// <summary>Enters what changed since the last call; all that differs at the first one.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        await _news.WaitAsync(cancellationToken);
        try
        {
            if (!_following)
            {
                await CompareAsync(cancellationToken);
                _following = true;
            }
            while (Next() is { Count: > 0 } packs)
                await EnterAsync(packs, cancellationToken);
        }
        catch (SqliteException e) when (IsDamage(e))
        {
            _log.SearchDamaged(e.Message);
            Damaged(_database);
        }
    }

    /// <summary>What the last call left undone is done at the next one.</summary>
    internal void Retry()
    {
        _following = false;
        Wake();
    }

    public void Dispose()
    {
        _library.PackChanged -= Note;
        if (_layers is not null)
            _layers.Changed -= Note;
        _database.Dispose();
        _news.Dispose();
    }

    private LibraryAnswer Search(LibraryQuery query, DurableDatabase database)
    {
        Columns columns = ColumnsOf(database);
        IReadOnlyList<(string Term, bool Prefix)> wanted = SearchText.Wanted(query.Text);
        int[] found;
        if (wanted.Count == 0)
        {
            // Nothing but blanks asks for all; signs that no text has ask for what is not there.
            found = string.IsNullOrWhiteSpace(query.Text) ? columns.All : [];
        }
        else
        {
            string match = string.Join(' ', wanted.Select(term => term.Prefix ? $"\"{term.Term}\"*" : $"\"{term.Term}\""));
            HashSet<int> titles = [.. columns.Places(Match(database, $"title : ({match})"))];
            int[] rest = [.. columns.Places(Match(database, match)).Where(place => !titles.Contains(place)).Order()];
            found = [.. titles.Order(), .. rest];
        }
        int[] perShape = new int[columns.Shapes.Count];
        foreach (int place in found)
            perShape[columns.ShapeAt(place)]++;
        bool[] fits = [.. columns.Shapes.Select(shape => LibraryFacets.Fits(query, shape))];
        LibraryFacets facets = LibraryFacets.Of(query, [.. columns.Shapes.Select((shape, i) => (shape, perShape[i])).Where(counted => counted.Item2 > 0)]);
        var page = new List<int>();
        int total = 0;
        int take = Math.Min(query.Take, MaxTake);
        foreach (int place in found)
        {
            if (!fits[columns.ShapeAt(place)])
                continue;
            if (total >= query.Skip && page.Count < take)
                page.Add(place);
            total++;
        }
        return new LibraryAnswer(total, Entries(database, columns, page), facets, _following && !AnyChanged());
    }

    private static List<int> Match(DurableDatabase database, string match) => database.Read(connection =>
    {
        var ids = new List<int>();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT rowid FROM words WHERE words MATCH $match";
        command.Parameters.AddWithValue("$match", match);
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
            ids.Add(reader.GetInt32(0));
        return ids;
    });

    private static ImmutableArray<LibraryEntry> Entries(DurableDatabase database, Columns columns, List<int> page) => database.Read(connection =>
    {
        var entries = ImmutableArray.CreateBuilder<LibraryEntry>(page.Count);
        foreach (int place in page)
        {
            // A pack that went between the two questions is missing on this page.
            if (connection.QuerySingleOrDefault<SetRow>("SELECT pack, version, title, files, bytes FROM sets WHERE id = @id", new { id = columns.IdAt(place) }) is { } row)
                entries.Add(new LibraryEntry(row.Pack, row.Version, JsonSerializer.Deserialize(row.Title, SearchJson.Default.LocalText)!, columns.Shapes[columns.ShapeAt(place)], (int)row.Files, row.Bytes));
        }
        return entries.ToImmutable();
    });

    private Columns ColumnsOf(DurableDatabase database)
    {
        long commits = database.Commits;
        Columns? held = Volatile.Read(ref _columns);
        if (held?.Of == database && held.Commits == commits)
            return held;
        var columns = new Columns(database, commits);
        Volatile.Write(ref _columns, columns);
        return columns;
    }

    private void Note(string pack)
    {
        lock (_gate)
            _changed.Add(pack);
        Wake();
    }

    private void Wake()
    {
        try
        {
            _news.Release();
        }
        catch (SemaphoreFullException)
        {
            // Woken already.
        }
    }

    private bool AnyChanged()
    {
        lock (_gate)
            return _changed.Count > 0;
    }

    private List<string> Next()
    {
        lock (_gate)
            return [.. _changed.Take(EnteredAtOnce)];
    }

    /// <summary>Finds by comparison what the index lacks or has too much: after a start, and when the index is new.</summary>
    private async Task CompareAsync(CancellationToken cancellationToken)
    {
        int differ = 0;
        for (string? after = ""; after is not null;)
        {
            IReadOnlyList<ShownVersion> shown = _library.ShownAfter(after, ComparedAtOnce);
            string? last = shown.Count == ComparedAtOnce ? shown[^1].Pack : null;
            Dictionary<string, (ChunkId Id, long Layer)> entered = _database.Read(connection => connection.Query<SetRow>(
                "SELECT pack, manifest, layer FROM sets WHERE pack > @after AND (@last IS NULL OR pack <= @last)", new { after, last }).ToDictionary(row => row.Pack, row => (new ChunkId(row.Manifest), row.Layer)));
            List<string> wrong = [.. shown.Where(version => !entered.Remove(version.Pack, out var held) || held != (version.Id, LayerOf(version.Pack).State)).Select(version => version.Pack)];
            wrong.AddRange(entered.Keys);
            foreach (string[] packs in wrong.Chunk(EnteredAtOnce))
                await EnterAsync(packs, cancellationToken);
            differ += wrong.Count;
            after = last;
        }
        if (differ > 0)
            _log.SearchCompared(differ);
    }

    /// <summary>Brings the index in step with what shows of these packs, in one commit.</summary>
    private async Task EnterAsync(IReadOnlyCollection<string> packs, CancellationToken cancellationToken)
    {
        List<(string Pack, ChunkId? Version, ShownPack? Shown, LocalLayer Layer, long State)> now = [];
        foreach (string pack in packs)
        {
            (LocalLayer layer, long state) = LayerOf(pack);
            now.Add((pack, _library.VersionOf(pack)?.Id, _library.Read(pack), layer, state));
        }
        await _database.WriteAsync((connection, transaction) =>
        {
            foreach ((string pack, _, ShownPack? shown, LocalLayer layer, long state) in now)
            {
                connection.Execute("DELETE FROM words WHERE rowid = (SELECT id FROM sets WHERE pack = @pack)", new { pack }, transaction);
                connection.Execute("DELETE FROM sets WHERE pack = @pack", new { pack }, transaction);
                if (shown is not null)
                    Enter(connection, transaction, shown, layer, state);
            }
        }, cancellationToken);
        lock (_gate)
            _changed.ExceptWith(packs);
        // What changed while it was entered is entered again.
        foreach ((string pack, _, _, _, _) in now.Where(entered => _library.VersionOf(entered.Pack)?.Id != entered.Version || LayerOf(entered.Pack).State != entered.State))
            Note(pack);
    }

    private (LocalLayer Layer, long State) LayerOf(string pack) => _layers?.Of(pack) ?? (LocalLayer.None, 0);

    private static void Enter(SqliteConnection connection, SqliteTransaction transaction, ShownPack shown, LocalLayer layer, long state)
    {
        Manifest manifest = state == 0 ? shown.Manifest : shown.Manifest with { Files = layer.Over(shown.Manifest.Files).Files };
        LibraryShape shape = LibraryShape.Of(manifest);
        string text = JsonSerializer.Serialize(shape, SearchJson.Default.LibraryShape);
        connection.Execute("INSERT OR IGNORE INTO shapes (text) VALUES (@text)", new { text }, transaction);
        connection.Execute("""
            INSERT INTO sets (pack, version, manifest, layer, place, shape, title, files, bytes)
            VALUES (@Pack, @Version, @manifest, @state, @place, (SELECT id FROM shapes WHERE text = @text), @title, @files, @LengthBytes)
            """, new
        {
            manifest.Pack,
            manifest.Version,
            manifest = shown.Id.ToArray(),
            state,
            place = string.Join('\u0001', ((string?[])[shape.Subject, shape.Grade, manifest.Metadata.Title.In("zh-Hans")]).Select(part => SearchText.SortKey(part ?? ""))),
            text,
            title = JsonSerializer.Serialize(manifest.Metadata.Title, SearchJson.Default.LocalText),
            files = manifest.Files.Length,
            manifest.LengthBytes,
        }, transaction);
        connection.Execute("INSERT INTO words (rowid, title, more) VALUES (last_insert_rowid(), @title, @more)",
            new { title = Joined(manifest.Metadata.Title.Texts.Values), more = Joined(MoreOf(manifest)) }, transaction);
    }

    private static IEnumerable<string> MoreOf(Manifest manifest)
    {
        PackMetadata metadata = manifest.Metadata;
        foreach (string? text in (string?[])[.. metadata.Title.Texts.Values, metadata.Subject, metadata.Grade, metadata.Stage, metadata.Edition, metadata.Supplier, .. metadata.KnowledgePoints, .. metadata.Collections])
        {
            if (text is not null)
                yield return text;
        }
        foreach (PackFile file in manifest.Files)
        {
            foreach (string title in file.Title?.Texts.Values ?? [Path.GetFileNameWithoutExtension(file.Path)])
                yield return title;
        }
    }

    private static string Joined(IEnumerable<string> texts) => string.Join(' ', texts.SelectMany(SearchText.Terms).Distinct().Take(MaxTerms));

    private DurableDatabase Open()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(_path))!);
        try
        {
            return new DurableDatabase(_path, SearchTables.Schema);
        }
        catch (SqliteException e) when (IsDamage(e))
        {
            _log.SearchDamaged(e.Message);
            DatabaseFile.Delete(_path);
            return new DurableDatabase(_path, SearchTables.Schema);
        }
    }

    private void Damaged(DurableDatabase damaged)
    {
        lock (_gate)
        {
            if (_database != damaged)
                return;
            damaged.Dispose();
            DatabaseFile.Delete(_path);
            _database = Open();
            _following = false;
        }
        Wake();
    }

    private static bool IsDamage(SqliteException e) => DatabaseFile.IsDamage(e);

    private sealed class SetRow
    {
        public string Pack { get; init; } = "";
        public long Version { get; init; }
        public byte[] Manifest { get; init; } = [];
        public long Layer { get; init; }
        public string Title { get; init; } = "";
        public long Files { get; init; }
        public long Bytes { get; init; }
    }

    /// <summary>All packs in their order with their shapes, in memory: eight bytes a pack, and as much again to find them by number.</summary>
    private sealed class Columns
    {
        private readonly int[] _ids;
        private readonly int[] _shapes;
        private readonly int[] _places;

        public Columns(DurableDatabase database, long commits)
        {
            Of = database;
            Commits = commits;
            var shapes = new List<LibraryShape>();
            var numbers = new Dictionary<long, int>();
            var ids = new List<int>();
            var ofIds = new List<int>();
            database.Read(connection =>
            {
                using SqliteTransaction both = connection.BeginTransaction(deferred: true);
                foreach ((long id, string text) in connection.Query<(long, string)>("SELECT id, text FROM shapes", transaction: both))
                {
                    numbers[id] = shapes.Count;
                    shapes.Add(JsonSerializer.Deserialize(text, SearchJson.Default.LibraryShape)!);
                }
                using SqliteCommand command = connection.CreateCommand();
                command.Transaction = both;
                command.CommandText = "SELECT id, shape FROM sets ORDER BY place";
                using SqliteDataReader reader = command.ExecuteReader();
                while (reader.Read())
                {
                    ids.Add(reader.GetInt32(0));
                    ofIds.Add(numbers[reader.GetInt64(1)]);
                }
                return true;
            });
            Shapes = shapes;
            _ids = [.. ids];
            _shapes = [.. ofIds];
            _places = new int[_ids.Length == 0 ? 0 : _ids.Max() + 1];
            Array.Fill(_places, -1);
            for (int place = 0; place < _ids.Length; place++)
                _places[_ids[place]] = place;
            All = [.. Enumerable.Range(0, _ids.Length)];
        }

        public DurableDatabase Of { get; }

        public long Commits { get; }

        public List<LibraryShape> Shapes { get; }

        public int[] All { get; }

        public int IdAt(int place) => _ids[place];

        public int ShapeAt(int place) => _shapes[place];

        public IEnumerable<int> Places(List<int> ids) => ids.Where(id => id < _places.Length && _places[id] >= 0).Select(id => _places[id]);
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(LibraryShape))]
[JsonSerializable(typeof(LocalText))]
internal sealed partial class SearchJson : JsonSerializerContext;
