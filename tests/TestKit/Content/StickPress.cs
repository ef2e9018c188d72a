using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Core.Identity;

namespace TestKit.Content;

/// <summary>Writes what an origin has onto a stick, in the real format.</summary>
public static class StickPress
{
    /// <summary>Writes everything for <paramref name="school"/>; the head comes last.</summary>
    /// <returns>The head as written.</returns>
    public static UsbBundleHead Write(ContentOrigin origin, string folder, string? school = null, bool asksForReturn = false, byte[]? acks = null)
    {
        var volumes = ImmutableArray.CreateBuilder<VolumeRef>();
        var packs = ImmutableArray.CreateBuilder<UsbBundlePack>();
        foreach (ChunkId id in origin.Manifests)
        {
            byte[] bytes = origin.Objects[id];
            Put(folder, bytes, id);
            Manifest? manifest = Manifest.Read(bytes, out _);
            foreach (VolumeRef volume in manifest?.Volumes ?? [])
            {
                if (volumes.Contains(volume))
                    continue;
                volumes.Add(volume);
                Put(folder, origin.Objects[volume.Id], volume.Id);
                Put(folder, origin.Objects[volume.Index], volume.Index);
            }
            packs.Add(new UsbBundlePack(id, bytes.Length, [.. (manifest?.Volumes ?? []).Select(volume => volumes.IndexOf(volume))]));
        }
        var lists = ImmutableArray.CreateBuilder<UsbBundleList>();
        foreach (ListKind kind in (ListKind[])[ListKind.Root, ListKind.Catalogue, ListKind.Plan])
        {
            if (!origin.Lists.TryGetValue(kind, out byte[]? bytes))
                continue;
            Put(folder, bytes, ChunkId.Of(bytes));
            lists.Add(new UsbBundleList(kind, 1, ChunkId.Of(bytes), bytes.Length));
        }
        if (acks is not null)
            Put(folder, acks, ChunkId.Of(acks));
        if (asksForReturn)
            Directory.CreateDirectory(Path.Combine(folder, UsbBundlePaths.ReturnFolder));
        var head = new UsbBundleHead(school ?? origin.School, asksForReturn, lists.ToImmutable(),
            acks is null ? null : new UsbBundleObject(ChunkId.Of(acks), acks.Length), packs.ToImmutable(), volumes.ToImmutable());
        WriteHead(folder, head);
        return head;
    }

    /// <summary>Puts corrections in words onto a stick, whatever they are.</summary>
    public static void WriteErrata(string folder, byte[] records)
    {
        Directory.CreateDirectory(Path.Combine(folder, UsbBundlePaths.Folder));
        Overwrite(Path.Combine(folder, UsbBundlePaths.Errata), records);
    }

    /// <summary>Puts a head onto a stick, whatever it names.</summary>
    public static void WriteHead(string folder, UsbBundleHead head)
    {
        Directory.CreateDirectory(Path.Combine(folder, UsbBundlePaths.Folder));
        Overwrite(Path.Combine(folder, UsbBundlePaths.HeadOf(head.School)), head.ToBytes());
    }

    /// <summary>Puts bytes under the name of an object, whether they fit it or not.</summary>
    public static void Put(string folder, byte[] bytes, ChunkId name)
    {
        string path = Path.Combine(folder, UsbBundlePaths.Of(name));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        Overwrite(path, bytes);
    }

    private static void Overwrite(string path, byte[] bytes)
    {
        using FileStream file = File.Create(path);
        file.Write(bytes);
    }
}
