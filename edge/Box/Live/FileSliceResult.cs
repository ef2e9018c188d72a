using System.Globalization;
using Microsoft.Net.Http.Headers;

namespace Edge.Box.Live;

/// <summary>Sends a part of a file that only grows at its end, whole or one range of it (RFC 9110 §14). The framework's own result sends whole files only.</summary>
internal sealed class FileSliceResult(string path, long offset, long lengthBytes, string mediaType, EntityTagHeaderValue tag) : IResult
{
    public async Task ExecuteAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        HttpResponse response = context.Response;
        response.Headers.ETag = tag.ToString();
        response.Headers.AcceptRanges = "bytes";
        if (request.GetTypedHeaders().IfNoneMatch.Any(held => held.Equals(EntityTagHeaderValue.Any) || held.Compare(tag, useStrongComparison: false)))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        (long first, long count, bool satisfiable) = Range(request);
        if (!satisfiable)
        {
            response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
            response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{lengthBytes}");
            return;
        }
        if (count != lengthBytes)
        {
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {first}-{first + count - 1}/{lengthBytes}");
        }
        response.ContentType = mediaType;
        response.ContentLength = count;
        if (!HttpMethods.IsHead(request.Method))
            await response.SendFileAsync(path, offset + first, count, context.RequestAborted);
    }

    /// <summary>What of the slice is asked for. Several ranges, or an If-Range of other bytes, get the whole.</summary>
    private (long First, long Count, bool Satisfiable) Range(HttpRequest request)
    {
        var headers = request.GetTypedHeaders();
        if (headers.Range is not { Unit.Value: "bytes", Ranges.Count: 1 } asked || (headers.IfRange is { } condition && condition.EntityTag?.Compare(tag, useStrongComparison: true) != true))
            return (0, lengthBytes, true);
        RangeItemHeaderValue range = asked.Ranges.First();
        long first = range.From ?? Math.Max(0, lengthBytes - range.To!.Value);
        long last = range.From is null ? lengthBytes - 1 : Math.Min(range.To ?? long.MaxValue, lengthBytes - 1);
        return first >= lengthBytes || first > last ? (0, 0, false) : (first, last - first + 1, true);
    }
}
