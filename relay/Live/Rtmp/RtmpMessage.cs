namespace Relay.Live.Rtmp;

/// <summary>Kinds of messages that matter to a receiver (RTMP 1.0 §5.4, §7.1).</summary>
public enum RtmpType : byte
{
    SetChunkSize = 1,
    Abort = 2,
    Acknowledgement = 3,
    WindowAcknowledgementSize = 5,
    SetPeerBandwidth = 6,
    Audio = 8,
    Video = 9,
    CommandAmf3 = 17,
    Command = 20,
}

/// <summary>One message, put together from its chunks.</summary>
/// <param name="Time">Milliseconds of the sender's clock, 32 bits.</param>
/// <param name="Stream">Message stream: 0 for the connection, 1 for what is published.</param>
public readonly record struct RtmpMessage(RtmpType Type, uint Time, uint Stream, ReadOnlyMemory<byte> Payload);

/// <summary>A sender that does not speak RTMP, or more than it may.</summary>
public sealed class RtmpException(string message) : IOException(message);
