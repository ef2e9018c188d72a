using System.Collections.Immutable;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Edge.Durable;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Relay.Identity;

/// <summary>The keys of staff cookies, one file each, written so that a power cut leaves a whole file or none. A file that cannot be read is set aside:
/// those whose cookies it made sign in again. The framework's own files are not flushed, and one that is empty after a power cut would close the console for good.</summary>
/// <param name="folder">Only the relay's user may enter it.</param>
/// <param name="log">Where a file that was set aside is named.</param>
public sealed class SessionKeyFiles(string folder, ILogger<SessionKeyFiles> log) : IXmlRepository
{
    private const string Ending = ".xml";

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        if (!Directory.Exists(folder))
            return [];
        var elements = ImmutableArray.CreateBuilder<XElement>();
        foreach (string path in Directory.EnumerateFiles(folder, "*" + Ending).Order(StringComparer.Ordinal))
        {
            try
            {
                elements.Add(XElement.Load(path));
            }
            catch (XmlException)
            {
                File.Move(path, path + ".damaged", overwrite: true);
                log.SessionKeyDamaged(Path.GetFileName(path));
            }
        }
        return elements.ToImmutable();
    }

    /// <exception cref="IOException">Disk full or read-only.</exception>
    public void StoreElement(XElement element, string friendlyName)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // The framework asks without await, once in ninety days.
        DurableFile.WriteSecretAsync(Path.Combine(folder, friendlyName + Ending), Encoding.UTF8.GetBytes(element.ToString()), CancellationToken.None).GetAwaiter().GetResult();
    }
}
