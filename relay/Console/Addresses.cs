namespace Relay.Console;

/// <summary>Addresses of pages with a query.</summary>
internal static class Addresses
{
    /// <summary>The path with those of the query's values that are there.</summary>
    public static string Of(string path, params ReadOnlySpan<(string Name, string? Value)> query)
    {
        string address = path;
        foreach ((string name, string? value) in query)
        {
            if (!string.IsNullOrEmpty(value))
                address += (address.Length == path.Length ? '?' : '&') + name + '=' + Uri.EscapeDataString(value);
        }
        return address;
    }
}
