namespace Edge.Core.Panel;

/// <summary>A text to be looked up in the locale files, with what goes into its places {0}, {1}, {2}.</summary>
public readonly record struct PanelText(string Key, string? First = null, string? Second = null, string? Third = null)
{
    public object[] Arguments =>
        Third is not null ? [First!, Second!, Third]
        : Second is not null ? [First!, Second]
        : First is not null ? [First]
        : [];
}
