using Edge.Core.Content;

namespace Edge.Box.Content;

/// <summary>Somebody who has immutable objects and gives stretches of them: the relay, or another box on the LAN.
/// What comes is checked by the transfer; a source need not be believed.</summary>
public interface IRangeSource
{
    /// <summary>Most connections that may be held to it at a time.</summary>
    int MaxConnections { get; }

    /// <summary>Asks for a stretch. Trouble of the link is an <see cref="IOException"/> or <see cref="HttpRequestException"/>.</summary>
    /// <returns>Null when the source does not have the object.</returns>
    Task<RangeAnswer?> OpenAsync(Piece piece, CancellationToken cancellationToken);
}

/// <summary>An answer whose body is exactly the stretch that was asked for.</summary>
/// <param name="Body">The bytes as they come. Disposing it early ends the connection.</param>
/// <param name="ObjectBytes">Length of the whole object, as the source says.</param>
/// <param name="Response">What is disposed with it.</param>
public sealed record RangeAnswer(Stream Body, long? ObjectBytes, IDisposable Response) : IDisposable
{
    public void Dispose()
    {
        Body.Dispose();
        Response.Dispose();
    }
}
