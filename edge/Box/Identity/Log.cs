namespace Edge.Box.Identity;

internal static partial class Log
{
    [LoggerMessage(1601, LogLevel.Information, "The relay is not reached yet ({Reason}); the box goes on without it")]
    public static partial void RelayNotReached(this ILogger log, string reason);

    [LoggerMessage(1602, LogLevel.Warning, "The relay did not take the enrolment request: it answered {Status}")]
    public static partial void EnrolmentRefused(this ILogger log, int status);

    [LoggerMessage(1603, LogLevel.Information, "Claimed: this is box {Box} of school {School}")]
    public static partial void Claimed(this ILogger log, string box, string school);

    [LoggerMessage(1604, LogLevel.Error, "The relay's grant is not for this box or not sound; it was not kept")]
    public static partial void GrantNotSound(this ILogger log);

    [LoggerMessage(1605, LogLevel.Information, "The claim code has expired; the display shows a new one")]
    public static partial void ClaimCodeExpired(this ILogger log);

    [LoggerMessage(1606, LogLevel.Information, "The certificate was renewed")]
    public static partial void CertificateRenewed(this ILogger log);

    [LoggerMessage(1607, LogLevel.Warning, "The certificate was not renewed: the relay answered {Status}")]
    public static partial void RenewalRefused(this ILogger log, int status);
}
