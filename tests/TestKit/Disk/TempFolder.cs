namespace TestKit.Disk;

/// <summary>A folder of its own for one test; gone with it.</summary>
public sealed class TempFolder : IDisposable
{
    public TempFolder() => Path = Directory.CreateTempSubdirectory("edge-test-").FullName;

    /// <param name="under">Folder that it is made in: a disk in memory, or another file system.</param>
    public TempFolder(string under) => Path = Directory.CreateDirectory(System.IO.Path.Combine(under, $"edge-test-{Guid.NewGuid():N}")).FullName;

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a file and the folders it needs.</summary>
    public string Write(string name, ReadOnlySpan<byte> bytes)
    {
        string path = this[name];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        using FileStream file = File.Create(path);
        file.Write(bytes);
        return path;
    }

    public string Write(string name, string text) => Write(name, System.Text.Encoding.UTF8.GetBytes(text));

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // A process that the test killed may still hold a file; the system's own cleaning takes the folder.
        }
    }
}
