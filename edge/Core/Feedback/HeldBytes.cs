namespace Edge.Core.Feedback;

/// <summary>What the receiver of pieces answers: so many bytes are on its disk, go on from there.</summary>
public sealed record HeldBytes(int Held);
