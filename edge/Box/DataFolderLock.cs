namespace Edge.Box;

/// <summary>One program at a time works on a data folder: two would write over each other's store. Let go when the process ends, however it ends.</summary>
public sealed class DataFolderLock : IDisposable
{
    private readonly FileStream _file;

    private DataFolderLock(FileStream file) => _file = file;

    /// <returns>Null when another program holds it.</returns>
    public static DataFolderLock? TryTake(string dataFolder)
    {
        try
        {
            return new DataFolderLock(new FileStream(Path.Combine(dataFolder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException))
        {
            return null;
        }
    }

    public void Dispose() => _file.Dispose();
}
