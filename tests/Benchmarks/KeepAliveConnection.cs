using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EdgeBench;

/// <param name="Status">HTTP status.</param>
/// <param name="Tag">The entity tag as it stood, quotes included.</param>
/// <param name="LengthBytes">Bytes of the body.</param>
/// <param name="Body">The body, if it was wanted.</param>
internal readonly record struct Answer(int Status, string? Tag, long LengthBytes, byte[]? Body);

/// <summary>One HTTP/1.1 connection to loopback that costs as little as it can, so that the client's own work does not blur the server's.
/// Takes answers with a length, and short ones in chunks.</summary>
internal sealed class KeepAliveConnection(int port) : IDisposable
{
    private const int BufferBytes = 64 << 10;

    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private Socket? _socket;

    /// <param name="headers">More header lines, each with its line end.</param>
    /// <param name="keep">Whether the body is wanted; otherwise it is only counted.</param>
    /// <exception cref="SocketException">Not reached, or broken off.</exception>
    /// <exception cref="InvalidDataException">Not an answer this client reads.</exception>
    public async Task<Answer> GetAsync(string path, string headers, bool keep, CancellationToken cancellationToken)
    {
        try
        {
            if (_socket is null)
            {
                _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await _socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            }
            byte[] request = Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n{headers}\r\n");
            await _socket.SendAsync(request, cancellationToken);
            return await ReceiveAsync(_socket, keep, cancellationToken);
        }
        catch
        {
            // The next request begins on a new connection.
            _socket?.Dispose();
            _socket = null;
            throw;
        }
    }

    public void Dispose()
    {
        _socket?.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
    }

    private async Task<Answer> ReceiveAsync(Socket socket, bool keep, CancellationToken cancellationToken)
    {
        int held = 0;
        int end;
        while ((end = _buffer.AsSpan(0, held).IndexOf("\r\n\r\n"u8)) < 0)
        {
            int read = held < _buffer.Length ? await socket.ReceiveAsync(_buffer.AsMemory(held), cancellationToken) : throw new InvalidDataException("the header does not end");
            held += read > 0 ? read : throw new SocketException((int)SocketError.ConnectionReset);
        }
        string[] lines = Encoding.ASCII.GetString(_buffer, 0, end).Split("\r\n");
        int status = int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture);
        string? tag = Value(lines, "ETag");
        if (Value(lines, "Transfer-Encoding") == "chunked")
            return new Answer(status, tag, await ReceiveChunkedAsync(socket, held, end + 4, cancellationToken), null);
        long length = Value(lines, "Content-Length") is { } text ? long.Parse(text, CultureInfo.InvariantCulture)
            : status is 204 or 304 ? 0 : throw new InvalidDataException($"{lines[0]} has no length");
        long left = length - (held - end - 4);
        byte[]? body = keep ? new byte[length] : null;
        int filled = held - end - 4;
        if (body is not null)
            _buffer.AsSpan(end + 4, filled).CopyTo(body);
        while (left > 0)
        {
            int read = await socket.ReceiveAsync(body is null ? _buffer : body.AsMemory(filled), cancellationToken);
            left -= read > 0 ? read : throw new SocketException((int)SocketError.ConnectionReset);
            filled += read;
        }
        return new Answer(status, tag, length, body);
    }

    /// <summary>Reads to the last chunk, which is empty (RFC 9112 §7.1), and counts the coding as body.</summary>
    private async Task<long> ReceiveChunkedAsync(Socket socket, int held, int start, CancellationToken cancellationToken)
    {
        while (!_buffer.AsSpan(start, held - start).EndsWith("0\r\n\r\n"u8))
        {
            int read = held < _buffer.Length ? await socket.ReceiveAsync(_buffer.AsMemory(held), cancellationToken) : throw new InvalidDataException("too long an answer in chunks");
            held += read > 0 ? read : throw new SocketException((int)SocketError.ConnectionReset);
        }
        return held - start;
    }

    private static string? Value(string[] lines, string name) =>
        lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.OrdinalIgnoreCase) && line.Length > name.Length && line[name.Length] == ':')?[(name.Length + 1)..].Trim();
}
