using System.Collections.Immutable;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Edge.Core.Identity;
using Edge.Core.Sync;

namespace Edge.Box.Sync;

/// <summary>With what the box shows itself to the broker, and how it knows the broker.</summary>
/// <param name="Box">Its name: common name of the certificate, client id.</param>
/// <param name="Host">Name of the broker when <see cref="SyncOptions.BrokerHost"/> says none.</param>
/// <param name="Certificate">With private key.</param>
/// <param name="IsRelay">Whether a server's certificate is the relay's; the errors are what the platform found.</param>
public sealed record LinkCredentials(BoxId Box, string Host, X509Certificate2 Certificate, Func<X509Certificate?, SslPolicyErrors, bool> IsRelay);

/// <summary>What the box tells of itself, but for what the link knows.</summary>
public sealed record StatusFacts(ImmutableArray<PackReport> Packs, ImmutableArray<string> LiveLessons, long FreeBytes, ListVersions Lists);

/// <summary>What the link asks of the rest of the box. Joined in BoxServer.</summary>
/// <param name="Credentials">Null while no school has claimed the box.</param>
/// <param name="Facts">What holds now; asked at each report.</param>
/// <param name="Nudged">Called when the relay says that something changed; must return at once.</param>
/// <param name="Https">The client to the relay's box API; null while the box is not claimed.</param>
/// <param name="Software">Version of the program.</param>
public sealed record LinkPorts(Func<LinkCredentials?> Credentials, Func<StatusFacts> Facts, Action<Nudge> Nudged, Func<HttpClient?> Https, string Software);
