using System.Collections.Concurrent;
using System.Collections.Immutable;
using Edge.Core.Content;

namespace Edge.Box.Content;

/// <summary>A pack as the school sees it at one moment: a signed version, and what the school laid over it.</summary>
/// <param name="Base">The signed version.</param>
/// <param name="Stamp">Names this state in addresses.</param>
/// <param name="Files">Its files, the school's own among them.</param>
public sealed record PackView(Manifest Base, PackStamp Stamp, ImmutableArray<PackFile> Files)
{
    public string Pack => Base.Pack;

    /// <summary>The change behind each path that is the school's own.</summary>
    public ImmutableDictionary<string, LocalChange> Changed { get; init; } = ImmutableDictionary<string, LocalChange>.Empty;

    /// <summary>What the centre changed too, and the teacher has not decided yet.</summary>
    public ImmutableArray<LayerClash> Clashes { get; init; } = [];

    /// <summary>All that the school changed.</summary>
    public LocalLayer Layer { get; init; } = LocalLayer.None;

    public PackFile? File(string path) => Files.FirstOrDefault(file => file.Path == path);

    /// <summary>Address of a file as it is in this state, whatever comes later.</summary>
    public string AddressOf(PackFile file) => $"/library/{Pack}/@{Stamp}/{Escape(file.Path)}";

    /// <summary>The page that shows a file as it is now.</summary>
    public string PageOf(PackFile file) => $"/pack/{Pack}/{Escape(file.Path)}";

    /// <summary>Captions of a video, in the pack's order.</summary>
    public IEnumerable<PackFile> CaptionsOf(PackFile video) => Files.Where(file => file.Kind == FileKind.Caption && file.CaptionOf == video.Path);

    public static string Escape(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));
}

/// <summary>Finds packs as they are now, and as they were when a page was made.</summary>
public sealed class PackViews(PackLibrary library, LocalLayers layers)
{
    private readonly ConcurrentDictionary<string, PackView> _adapted = new(StringComparer.Ordinal);

    /// <summary>The pack as it is now; null when it does not show.</summary>
    public PackView? Current(string pack)
    {
        if (library.Find(pack) is not { } shown)
            return null;
        (LocalLayer layer, long state) = layers.Of(pack);
        if (state == 0)
            return View(shown.Manifest, layer, state);
        // Laying changes over thousands of files is not for every request.
        if (_adapted.TryGetValue(pack, out PackView? view) && ReferenceEquals(view.Base, shown.Manifest) && ReferenceEquals(view.Layer, layer))
            return view;
        return _adapted[pack] = View(shown.Manifest, layer, state);
    }

    /// <summary>The pack as the centre made it, without the school's changes; null when it does not show.</summary>
    public PackView? Original(string pack) => library.Find(pack) is { } shown ? View(shown.Manifest, LocalLayer.None, 0) : null;

    /// <summary>The pack as it was in a state; null when that is no longer here.</summary>
    public PackView? At(string pack, PackStamp stamp)
    {
        LocalLayer layer = stamp.Layer == 0 ? LocalLayer.None : layers.At(pack, stamp.Layer);
        // A state without changes is named by its version alone.
        return layer.Changes.IsEmpty == (stamp.Layer == 0) && library.ManifestOf(pack, stamp.Version) is { } manifest ? View(manifest, layer, stamp.Layer) : null;
    }

    /// <summary>Opens a file of a view: of the school's own, or of the store.</summary>
    public async Task<(FileOpening Opening, PackFile? File, Stream? Bytes)> OpenAsync(PackFile file, CancellationToken cancellationToken) =>
        await layers.Files.OpenAsync(file.Sha256, cancellationToken) is { } own ? (FileOpening.Opened, file, own)
        : layers.Files.Has(file.Sha256) ? (FileOpening.Healing, file, null)
        : await library.OpenAsync(file, cancellationToken);

    /// <summary>What an address below a pack means: <c>@STAMP/PATH</c>, or <c>PATH</c> for what is now. The view is null when it is not here.</summary>
    public (PackView? View, string Path) Resolve(string pack, string address)
    {
        int slash = address.IndexOf('/', StringComparison.Ordinal);
        return slash > 1 && address[0] == '@' && PackStamp.TryParse(address.AsSpan(1, slash - 1), out PackStamp stamp)
            ? (At(pack, stamp), address[(slash + 1)..])
            : (Current(pack), address);
    }

    private static PackView View(Manifest manifest, LocalLayer layer, long state)
    {
        LayeredFiles over = layer.Over(manifest.Files);
        return new PackView(manifest, new PackStamp(manifest.Version, state), over.Files) { Changed = over.Changed, Clashes = over.Clashes, Layer = layer };
    }
}
