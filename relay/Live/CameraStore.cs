using System.Collections.Immutable;
using Dapper;
using Edge.Durable;

namespace Relay.Live;

/// <summary>What came of changing a lesson's cameras.</summary>
public enum CameraOutcome { Done, NoSuchLesson, NoSuchCamera, TooMany, InUse }

/// <summary>The cameras of each lesson.</summary>
public sealed class CameraStore(DurableDatabase database)
{
    /// <summary>As many inputs as a lesson may have.</summary>
    public const int MaxCameras = 8;

    private const string Columns = "lesson, id, name, key, source, chosen, spare";

    /// <summary>Cameras of a lesson, the main one first.</summary>
    public ImmutableArray<Camera> Of(string lesson) => database.Read(connection => connection.Query<CameraRow>(
        $"SELECT {Columns} FROM lesson_cameras WHERE lesson = @lesson ORDER BY id <> '{Camera.Main}', id", new { lesson }).Select(row => row.ToCamera()).ToImmutableArray());

    public Camera? FindByKey(string key) => database.Read(connection =>
        connection.QuerySingleOrDefault<CameraRow>($"SELECT {Columns} FROM lesson_cameras WHERE key = @key", new { key })?.ToCamera());

    /// <summary>All cameras whose stream the relay fetches, of lessons that are not over.</summary>
    public ImmutableArray<Camera> Fetched() => database.Read(connection => connection.Query<CameraRow>(
        $"SELECT {Columns} FROM lesson_cameras WHERE source IS NOT NULL AND lesson IN (SELECT id FROM lessons WHERE ended IS NULL)").Select(row => row.ToCamera()).ToImmutableArray());

    /// <summary>Adds a camera, or changes one; its key and whether it is chosen stay. A lesson has one spare: the former one is none then.</summary>
    public Task<CameraOutcome> SaveAsync(Camera camera, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
    {
        if (connection.ExecuteScalar<long>("SELECT count(*) FROM lessons WHERE id = @Lesson", camera, transaction) == 0)
            return CameraOutcome.NoSuchLesson;
        if (connection.ExecuteScalar<long>("SELECT count(*) FROM lesson_cameras WHERE lesson = @Lesson AND id <> @Id", camera, transaction) >= MaxCameras)
            return CameraOutcome.TooMany;
        connection.Execute("""
            INSERT INTO lesson_cameras (lesson, id, name, key, source, chosen, spare) VALUES (@Lesson, @Id, @Name, @Key, @Source, 0, @Spare)
            ON CONFLICT (lesson, id) DO UPDATE SET name = @Name, source = @Source, spare = @Spare
            """, camera, transaction);
        if (camera.Spare)
            connection.Execute("UPDATE lesson_cameras SET spare = 0 WHERE lesson = @Lesson AND id <> @Id", camera, transaction);
        return CameraOutcome.Done;
    }, cancellationToken);

    /// <summary>Has staff see another camera.</summary>
    public Task<CameraOutcome> ChooseAsync(string lesson, string camera, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
    {
        if (connection.ExecuteScalar<long>("SELECT count(*) FROM lesson_cameras WHERE lesson = @lesson AND id = @camera", new { lesson, camera }, transaction) == 0)
            return CameraOutcome.NoSuchCamera;
        connection.Execute("UPDATE lesson_cameras SET chosen = id = @camera WHERE lesson = @lesson", new { lesson, camera }, transaction);
        return CameraOutcome.Done;
    }, cancellationToken);

    /// <summary>Takes a camera away: not the main one, and not the chosen one.</summary>
    public Task<CameraOutcome> RemoveAsync(string lesson, string camera, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
    {
        if (connection.ExecuteScalar<long>("SELECT count(*) FROM lesson_cameras WHERE lesson = @lesson AND id = @camera", new { lesson, camera }, transaction) == 0)
            return CameraOutcome.NoSuchCamera;
        return connection.Execute($"DELETE FROM lesson_cameras WHERE lesson = @lesson AND id = @camera AND id <> '{Camera.Main}' AND NOT chosen", new { lesson, camera }, transaction) > 0
            ? CameraOutcome.Done : CameraOutcome.InUse;
    }, cancellationToken);

    private sealed class CameraRow
    {
        public string Lesson { get; init; } = "";
        public string Id { get; init; } = "";
        public string Name { get; init; } = "";
        public string Key { get; init; } = "";
        public string? Source { get; init; }
        public bool Chosen { get; init; }
        public bool Spare { get; init; }

        public Camera ToCamera() => new(Lesson, Id, Name, Key, Source, Chosen, Spare);
    }
}
