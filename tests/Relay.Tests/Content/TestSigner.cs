using Edge.Core.Identity;
using Relay.Identity;
using TestKit.Content;

namespace Relay.Tests.Content;

/// <summary>Signs lists as the relay does, with keys of the test.</summary>
internal sealed class TestSigner(ListKeys keys) : IListSigner
{
    public SignedList Root => keys.Root;

    public TrustRoot Trust => keys.Trust;

    public SignedList? RootAt(long version) => version == keys.Trust.Version ? keys.Root : null;

    public SignedList Sign(ListKind kind, ReadOnlyMemory<byte> payload) => keys.Sign(kind, payload);
}
