using Edge.Box.Content;
using Edge.Core.Content;

namespace Edge.Box.Bundle;

/// <summary>What sticks need of the rest of the box. Joined in BoxServer.</summary>
/// <param name="ImportAsync">Takes in what a stick holds.</param>
/// <param name="Imported">Something came in: what is whole should show. Must return at once.</param>
public sealed record UsbPorts(
    Func<UsbStick, IProgress<UsbBundleReport>, CancellationToken, Task<(UsbBundleReport Report, UsbBundleHead? Head)>> ImportAsync,
    Action Imported);

/// <summary>Where sticks are taken in, whether plugged in or named by a technician: one at a time.</summary>
public sealed class UsbDesk(UsbPorts ports, UsbReturnWriter returns, UsbState state, ILogger<UsbDesk> log) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1);

    /// <summary>Takes in a stick. The former one is finished first.</summary>
    /// <exception cref="OperationCanceledException">What had come is kept.</exception>
    public async Task<UsbBundleReport> TakeAsync(string folder, IProgress<UsbBundleReport>? progress, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            log.UsbReading(folder);
            var telling = new Telling(state, progress);
            telling.Report(new UsbBundleReport(UsbOutcome.Reading));
            UsbBundleReport report;
            try
            {
                var stick = new UsbStick(folder);
                (report, UsbBundleHead? head) = await ports.ImportAsync(stick, telling, cancellationToken);
                if (head is not null)
                {
                    await returns.TakeAcksAsync(stick, head, cancellationToken);
                    report = report with { Returned = await returns.WriteAsync(stick, head, cancellationToken) };
                }
            }
            catch (StickLostException)
            {
                report = telling.Last with { Outcome = UsbOutcome.Pulled };
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or Microsoft.Data.Sqlite.SqliteException)
            {
                log.UsbFailed(e.Message);
                report = telling.Last with { Outcome = UsbOutcome.Failed };
            }
            catch (OperationCanceledException)
            {
                telling.Report(telling.Last with { Outcome = UsbOutcome.Pulled });
                throw;
            }
            ports.Imported();
            telling.Report(report);
            log.UsbTaken(report.Outcome, report.NewLists, report.NewBytes, report.WholePacks, report.Packs, report.Damaged);
            return report;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private sealed class Telling(UsbState state, IProgress<UsbBundleReport>? progress) : IProgress<UsbBundleReport>
    {
        public UsbBundleReport Last { get; private set; }

        public void Report(UsbBundleReport value)
        {
            Last = value;
            state.Tell(value);
            progress?.Report(value);
        }
    }
}
