using System.Collections.Immutable;
using System.Text;

namespace Edge.Core.Identity;

/// <summary>How far a walk came.</summary>
/// <param name="Root">The root in force after it.</param>
/// <param name="Taken">The lists it took, in order.</param>
/// <param name="Verdict">What the first one that it did not take was; <see cref="ListVerdict.Accepted"/> when it took all.</param>
public sealed record RootWalk(TrustRoot Root, ImmutableArray<SignedList> Taken, ListVerdict Verdict);

/// <summary>The roots one after the other, each signed by the former and by itself. A box that slept for years walks them all.
/// In a file: <code>edge-roots 1</code>, then for each list its length in decimal, a line end, and its bytes.</summary>
public static class RootChain
{
    /// <summary>Most versions walked in one go: what TUF 1.0 suggests. The next go takes the next ones.</summary>
    public const int MaxSteps = 1024;

    /// <summary>Longest root list. 64 KiB: all <see cref="TrustRoot.MaxKeys"/> keys and sixteen signatures take about 20 KiB.</summary>
    public const int MaxRootBytes = 64 << 10;

    private static ReadOnlySpan<byte> FirstLine => "edge-roots 1\n"u8;

    /// <summary>Walks from <paramref name="held"/> on. Versions not above it are passed over; the first list that may not follow ends the walk.</summary>
    public static RootWalk Walk(TrustRoot held, IEnumerable<SignedList> steps)
    {
        TrustRoot root = held;
        var taken = ImmutableArray.CreateBuilder<SignedList>();
        foreach (SignedList step in steps)
        {
            ListVerdict verdict = root.Judge(step, out TrustRoot? next);
            if (verdict is ListVerdict.Held or ListVerdict.Older)
                continue;
            if (verdict != ListVerdict.Accepted)
                return new RootWalk(root, taken.ToImmutable(), verdict);
            root = next!;
            taken.Add(step);
            if (taken.Count == MaxSteps)
                break;
        }
        return new RootWalk(root, taken.ToImmutable(), ListVerdict.Accepted);
    }

    public static byte[] ToBytes(IEnumerable<SignedList> chain)
    {
        using var bytes = new MemoryStream();
        bytes.Write(FirstLine);
        foreach (SignedList list in chain)
        {
            byte[] one = list.ToBytes();
            bytes.Write(Encoding.ASCII.GetBytes($"{one.Length}\n"));
            bytes.Write(one);
        }
        return bytes.ToArray();
    }

    /// <summary>Reads the lists; checks their form only. What is cut short gives those that are whole: the walk says what they are worth.</summary>
    public static ImmutableArray<SignedList> Read(ReadOnlyMemory<byte> bytes)
    {
        var chain = ImmutableArray.CreateBuilder<SignedList>();
        if (!bytes.Span.StartsWith(FirstLine))
            return [];
        ReadOnlyMemory<byte> rest = bytes[FirstLine.Length..];
        while (TryReadLength(rest.Span, out int digits, out int length) && length <= rest.Length - digits - 1
            && SignedList.TryParse(rest.Slice(digits + 1, length), out SignedList list) && list.Kind == ListKind.Root)
        {
            chain.Add(list);
            rest = rest[(digits + 1 + length)..];
        }
        return chain.ToImmutable();
    }

    private static bool TryReadLength(ReadOnlySpan<byte> bytes, out int digits, out int length)
    {
        length = 0;
        digits = bytes[..Math.Min(bytes.Length, 8)].IndexOf((byte)'\n');
        if (digits < 1)
            return false;
        foreach (byte digit in bytes[..digits])
        {
            if (digit is < (byte)'0' or > (byte)'9')
                return false;
            length = length * 10 + (digit - '0');
        }
        return length <= MaxRootBytes;
    }
}
