namespace Edge.Box.Tests.Content;

/// <summary>Counts the bytes of objects that the box reads off the link, and tells of each request before it goes out.
/// What still lies in the kernel's buffers is not counted: on loopback these are wider than any link a school has.</summary>
internal sealed class CountingHandler(Action? tell = null) : DelegatingHandler(new SocketsHttpHandler())
{
    private long _readBytes;
    private int _underWay;

    public long ReadBytes => Interlocked.Read(ref _readBytes);

    /// <summary>Requests that wait for their answer, and answers of objects that are still read: time must not fly while there are any.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        tell?.Invoke();
        Interlocked.Increment(ref _underWay);
        HttpResponseMessage response;
        try
        {
            response = await base.SendAsync(request, cancellationToken);
        }
        catch
        {
            Interlocked.Decrement(ref _underWay);
            throw;
        }
        if (!request.RequestUri!.AbsolutePath.StartsWith("/content/", StringComparison.Ordinal))
        {
            Interlocked.Decrement(ref _underWay);
            return response;
        }
        var counted = new StreamContent(new CountingStream(
            await response.Content.ReadAsStreamAsync(cancellationToken), read => Interlocked.Add(ref _readBytes, read), () => Interlocked.Decrement(ref _underWay)));
        foreach ((string name, IEnumerable<string> values) in response.Content.Headers)
            counted.Headers.TryAddWithoutValidation(name, values);
        response.Content = counted;
        return response;
    }

    private sealed class CountingStream(Stream inner, Action<int> count, Action end) : Stream
    {
        private int _ended;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int read = await inner.ReadAsync(buffer, cancellationToken);
            count(read);
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            inner.Dispose();
            if (Interlocked.Exchange(ref _ended, 1) == 0)
                end();
            base.Dispose(disposing);
        }
    }
}
