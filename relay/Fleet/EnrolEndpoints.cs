using Edge.Core.Identity;

namespace Relay.Fleet;

/// <summary>Enrolment and renewal on the box API. Bodies are JSON of at most 16 KiB.</summary>
public static class EnrolEndpoints
{
    private const int MaxBodyBytes = 16 << 10;

    public static void MapEnrolment(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/enrol", async (HttpRequest request, EnrolmentDesk desk, CancellationToken cancellationToken) =>
        {
            if (await BodyAsync(request, cancellationToken) is not { } body)
                return Results.Text("the request is too long", statusCode: StatusCodes.Status413PayloadTooLarge);
            if (EnrolRequest.Read(body) is not { } asked)
                return Results.Text("not an enrolment request", statusCode: StatusCodes.Status400BadRequest);
            (EnrolOutcome outcome, EnrolTicket? ticket) = await desk.ApplyAsync(asked, cancellationToken);
            return outcome switch
            {
                EnrolOutcome.Waiting => Results.Bytes(ticket!.ToJson(), "application/json"),
                EnrolOutcome.Malformed => Results.Text("the claim code or the certificate request is not well formed", statusCode: StatusCodes.Status400BadRequest),
                EnrolOutcome.CodeTaken => Results.Text("this claim code is taken: make a new one", statusCode: StatusCodes.Status409Conflict),
                _ => Results.Text("too many boxes wait for their claim", statusCode: StatusCodes.Status503ServiceUnavailable),
            };
        }).ForBoxes(BoxApiCaller.Anyone);

        routes.MapGet("/enrol/{ticket}", (string ticket, EnrolmentDesk desk) => desk.Collect(ticket) switch
        {
            ({ } grant, _) => Results.Bytes(grant.ToJson(), "application/json"),
            (null, { } left) => Results.Json(new { waiting = true, left }, statusCode: StatusCodes.Status202Accepted),
            _ => Results.Text("this claim code has expired: make a new one", statusCode: StatusCodes.Status410Gone),
        }).ForBoxes(BoxApiCaller.Anyone);

        routes.MapPost("/renew", async (HttpContext context, EnrolmentDesk desk, CancellationToken cancellationToken) =>
        {
            if (await BodyAsync(context.Request, cancellationToken) is not { } body)
                return Results.Text("the request is too long", statusCode: StatusCodes.Status413PayloadTooLarge);
            string? certificate = await desk.RenewAsync(context.Caller().Box, System.Text.Encoding.ASCII.GetString(body), cancellationToken);
            return certificate is null
                ? Results.Text("the certificate request is not well formed", statusCode: StatusCodes.Status400BadRequest)
                : Results.Text(certificate, "application/x-pem-file");
        }).ForBoxes(BoxApiCaller.BoxToRenew);
    }

    private static async Task<byte[]?> BodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[MaxBodyBytes + 1];
        int length = await request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return length > MaxBodyBytes ? null : buffer[..length];
    }
}
