using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Edge.Core.Content;

namespace Edge.Core.Iptv;

/// <summary>Which multicast group a lesson has: it follows from the lesson's name, so it is the same after a restart and in a list that was loaded in the morning.</summary>
public static class MulticastGroups
{
    /// <param name="lessons">Of the plan, each once. Where two would have the same group, the one that begins later gets the next free one.</param>
    /// <param name="first">First address of the range.</param>
    /// <param name="count">Addresses in the range; lessons beyond so many have none.</param>
    public static ImmutableDictionary<string, uint> For(IEnumerable<PlannedLesson> lessons, uint first, int count)
    {
        var groups = ImmutableDictionary.CreateBuilder<string, uint>();
        var taken = new HashSet<uint>();
        foreach (PlannedLesson lesson in lessons.OrderBy(lesson => lesson.Start).ThenBy(lesson => lesson.Id, StringComparer.Ordinal).Take(count))
        {
            uint at = BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(lesson.Id))) % (uint)count;
            while (!taken.Add(at))
                at = (at + 1) % (uint)count;
            groups[lesson.Id] = first + at;
        }
        return groups.ToImmutable();
    }
}
