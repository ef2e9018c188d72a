namespace Edge.Core.Feedback;

/// <summary>What is done with a piece of something that is sent in pieces.</summary>
public enum PieceVerdict
{
    /// <summary>It goes on where what is held ends.</summary>
    Take,
    /// <summary>It does not: the sender is told how much is held and goes on from there.</summary>
    Elsewhere,
    /// <summary>Empty, or over the end.</summary>
    Wrong,
}

/// <summary>Sending in pieces, on both hops of an attachment: the receiver says how much it holds, and only what goes on there is taken. A piece that comes twice, or late, changes nothing.</summary>
public static class PieceRule
{
    /// <param name="heldBytes">So much is on the receiver's disk.</param>
    /// <param name="totalBytes">Of the whole.</param>
    /// <param name="offset">Where the piece begins.</param>
    /// <param name="pieceBytes">Of the piece.</param>
    public static PieceVerdict Judge(int heldBytes, int totalBytes, long offset, int pieceBytes) =>
        offset < 0 || pieceBytes <= 0 || offset > totalBytes - pieceBytes ? PieceVerdict.Wrong
        : offset != heldBytes ? PieceVerdict.Elsewhere
        : PieceVerdict.Take;
}
