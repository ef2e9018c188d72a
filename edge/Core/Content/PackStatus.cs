namespace Edge.Core.Content;

/// <summary>How far a pack version has come on one box. Delivered: every byte is there. Verified: every file was hashed again and the school sees it.</summary>
public enum PackStage { Fetching, Delivered, Verified }

/// <summary>What a box tells of one pack version, on its status page and to the relay.</summary>
public sealed record PackStatus(string Pack, long Version, PackStage Stage, long DoneBytes, long TotalBytes);
