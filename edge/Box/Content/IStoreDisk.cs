namespace Edge.Box.Content;

/// <summary>What the store does with its files. The real one is <see cref="StoreDisk"/>; the simulated one forgets what was not synced when its power goes.</summary>
internal interface IStoreDisk
{
    /// <summary>Numbers of the files that are there, rising.</summary>
    IReadOnlyList<int> Files { get; }

    /// <summary>Reads as far as the file goes.</summary>
    /// <returns>Bytes read; fewer than asked for at the end, 0 when the file is gone.</returns>
    /// <exception cref="IOException">The disk fails.</exception>
    int Read(int file, long offset, Span<byte> buffer);

    /// <inheritdoc cref="Read"/>
    ValueTask<int> ReadAsync(int file, long offset, Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Writes; makes the file if it is not there. Nothing is durable yet.</summary>
    /// <exception cref="IOException">The disk is full, read-only or failing; any part may have been written.</exception>
    void Write(int file, long offset, IReadOnlyList<ReadOnlyMemory<byte>> bytes);

    /// <summary>What was written to the file survives a power cut from here on, if its name does.</summary>
    void Flush(int file);

    /// <summary>Names made and taken away so far survive a power cut from here on.</summary>
    void FlushNames();

    void Delete(int file);
}
