using Microsoft.Net.Http.Headers;

namespace Edge.Box.Live;

/// <summary>Sends bytes that stand in memory. The framework's result parses conditional headers and ranges of every request; here only a request that has
/// some pays for that, which is a third more answers a second when a whole class asks.</summary>
/// <param name="bytes">The whole representation.</param>
/// <param name="mediaType">Its type.</param>
/// <param name="tag">Its strong entity tag, in quotes.</param>
internal sealed class MemoryResult(ReadOnlyMemory<byte> bytes, string mediaType, string tag) : IResult
{
    public Task ExecuteAsync(HttpContext context)
    {
        IHeaderDictionary asked = context.Request.Headers;
        bool plain = HttpMethods.IsGet(context.Request.Method)
            && asked.Range.Count + asked.IfNoneMatch.Count + asked.IfMatch.Count + asked.IfModifiedSince.Count + asked.IfUnmodifiedSince.Count == 0;
        if (!plain)
            return Results.Bytes(bytes, mediaType, enableRangeProcessing: true, entityTag: new EntityTagHeaderValue(tag)).ExecuteAsync(context);
        HttpResponse response = context.Response;
        response.ContentType = mediaType;
        response.ContentLength = bytes.Length;
        response.Headers.ETag = tag;
        response.Headers.AcceptRanges = "bytes";
        return response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }
}
