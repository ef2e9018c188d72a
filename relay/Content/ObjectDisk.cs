using Edge.Durable;

namespace Relay.Content;

/// <summary>Files of the system.</summary>
internal sealed class ObjectDisk : IObjectDisk
{
    public Stream Create(string path) => new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true);

    public void Flush(Stream file) => ((FileStream)file).Flush(flushToDisk: true);

    public void MakeFolder(string folder) => Directory.CreateDirectory(folder);

    public void Move(string path, string to) => File.Move(path, to, overwrite: true);

    public void Delete(string path) => File.Delete(path);

    public void FlushNames(string folder) => DurableFile.SyncFolder(folder);
}
