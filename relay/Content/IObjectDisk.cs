namespace Relay.Content;

/// <summary>How the relay's store changes its files; reading is left to the file system. The real one is <see cref="ObjectDisk"/>;
/// the simulated one forgets what was not synced when its power goes.</summary>
internal interface IObjectDisk
{
    /// <summary>A new file to write into. Nothing of it is durable yet.</summary>
    Stream Create(string path);

    /// <summary>What was written to the file survives a power cut from here on, if its name does.</summary>
    void Flush(Stream file);

    /// <summary>Makes the folder; one that is there is fine.</summary>
    void MakeFolder(string folder);

    /// <summary>Gives a file another name, in one step.</summary>
    void Move(string path, string to);

    /// <summary>Removes a file; one that is not there is fine.</summary>
    void Delete(string path);

    /// <summary>Names made and taken away in the folder so far survive a power cut from here on.</summary>
    void FlushNames(string folder);
}
