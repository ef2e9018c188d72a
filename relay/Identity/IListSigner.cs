using Edge.Core.Identity;

namespace Relay.Identity;

/// <summary>Signs lists with the keys that the root names for their kind. The relay's own keys are one implementation;
/// keys of two staff members, or a test's, are others.</summary>
public interface IListSigner
{
    /// <summary>The root list in force, as boxes get it.</summary>
    SignedList Root { get; }

    /// <summary>What that list says.</summary>
    TrustRoot Trust { get; }

    /// <summary>The root list of one version, which boxes walk one by one; null when there is none.</summary>
    SignedList? RootAt(long version);

    /// <exception cref="ArgumentOutOfRangeException">Root lists are not signed here.</exception>
    SignedList Sign(ListKind kind, ReadOnlyMemory<byte> payload);
}
