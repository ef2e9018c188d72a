namespace Edge.Core.Content;

/// <summary>All chunks of a version, each once, numbered in the order in which its files need them. Delta bundles name chunks by these numbers.</summary>
public sealed class ChunkTable
{
    private readonly Dictionary<ChunkId, int> _numbers = [];
    private readonly List<ChunkRef> _chunks = [];

    /// <param name="recipes">In the order of the manifest's files.</param>
    public ChunkTable(IEnumerable<Recipe> recipes)
    {
        foreach (Recipe recipe in recipes)
            Add(recipe);
    }

    public int Count => _chunks.Count;

    public IReadOnlyList<ChunkRef> Chunks => _chunks;

    public bool Contains(ChunkId id) => _numbers.ContainsKey(id);

    /// <exception cref="KeyNotFoundException">The version does not have it.</exception>
    public int NumberOf(ChunkId id) => _numbers[id];

    public void Add(Recipe recipe)
    {
        foreach (ChunkRef chunk in recipe.Chunks)
        {
            if (_numbers.TryAdd(chunk.Id, _chunks.Count))
                _chunks.Add(chunk);
        }
    }
}
