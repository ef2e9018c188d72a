namespace Edge.Core.Content;

/// <summary>Compresses <paramref name="plain"/> against <paramref name="prefix"/>, which the reader will have too: what is the same costs next to nothing.
/// Core has no packages, so both ends give the coder (Zstandard, RFC 8878, with the prefix as raw dictionary).</summary>
public delegate byte[] PrefixPack(ReadOnlyMemory<byte> prefix, ReadOnlyMemory<byte> plain);

/// <summary>Undoes <see cref="PrefixPack"/>.</summary>
/// <returns>Exactly <paramref name="lengthBytes"/>; null when the packed bytes are not sound or not of that length.</returns>
public delegate byte[]? PrefixUnpack(ReadOnlyMemory<byte> prefix, ReadOnlyMemory<byte> packed, int lengthBytes);
