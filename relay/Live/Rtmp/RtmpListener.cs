using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Edge.Core.Content;
using Edge.Media;
using Microsoft.Extensions.Options;

namespace Relay.Live.Rtmp;

/// <summary>Where OBS and others send by RTMP: one port for all lessons, the stream key tells whose camera it is. The stream is remuxed by an ffmpeg process for as long as it lasts.</summary>
internal sealed class RtmpListener(IngestDesk desk, IOptions<IngestOptions> options, IOptions<LiveOptions> live, TimeProvider time, ILogger<RtmpListener> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.RtmpPort == 0)
            return;
        using var listener = new TcpListener(IPAddress.Parse(options.Value.Address), options.Value.RtmpPort);
        listener.Start();
        using var room = new SemaphoreSlim(options.Value.MaxConnections);
        var standing = new HashSet<Task>();
        try
        {
            while (true)
            {
                await room.WaitAsync(stoppingToken);
                Socket socket = await listener.AcceptSocketAsync(stoppingToken);
                standing.RemoveWhere(task => task.IsCompletedSuccessfully);
                standing.Add(ServeAsync(socket, room, stoppingToken));
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await Task.WhenAll(standing);
        }
    }

    private async Task ServeAsync(Socket socket, SemaphoreSlim room, CancellationToken stoppingToken)
    {
        EndPoint? from = socket.RemoteEndPoint;
        try
        {
            await using var stream = new NetworkStream(socket, ownsSocket: true);
            await ReceiveAsync(stream, from, stoppingToken);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            log.SenderRefused(from, e.Message);
        }
        catch (OperationCanceledException)
        {
            // Too slow with its greeting, or the process stops.
        }
        finally
        {
            room.Release();
        }
    }

    private async Task ReceiveAsync(NetworkStream stream, EndPoint? from, CancellationToken stoppingToken)
    {
        var session = new RtmpSession(PipeReader.Create(stream), stream);
        using var patience = new CancellationTokenSource(live.Value.EncoderSilence, time);
        using var opening = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stoppingToken);
        if (await session.OpenAsync(opening.Token) is not { } key)
            return;
        if (desk.Find(key) is not var (lesson, camera) || lesson.Stage is LessonStage.Ended or LessonStage.Cancelled)
        {
            await session.RefuseAsync("no lesson has this stream key, or it is over", opening.Token);
            log.SenderRefused(from, "unknown stream key");
            return;
        }
        await session.AcceptAsync(opening.Token);

        await using ChildRun remux = await ChildRun.StartAsync(Ffmpeg.FromFlv, time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        Task<IngestEnd> receiving = desk.ReceiveAsync(lesson, camera, PipeReader.Create(remux.Output));
        Task copying = CopyAsync(session, remux.Input, over.Token);
        // A sender that stops has its last seconds remuxed; a stream that nobody wants any more is cut off.
        await Task.WhenAny(receiving, copying);
        await over.CancelAsync();
        await receiving;
        try
        {
            await copying;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The sender hung up without a word, or the process behind it is gone.
        }
    }

    private static async Task CopyAsync(RtmpSession session, Stream flv, CancellationToken cancellationToken)
    {
        try
        {
            await session.CopyAsync(flv, cancellationToken);
        }
        finally
        {
            await flv.DisposeAsync();
        }
    }
}
