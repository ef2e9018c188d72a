using System.ComponentModel.DataAnnotations;
using Edge.Box.Feedback;
using Edge.Core.Feedback;
using Microsoft.Extensions.Options;

namespace Edge.Box.Usage;

/// <summary>Counting what the school uses. Section <c>Usage</c>.</summary>
public sealed class UsageOptions
{
    /// <summary>The counts are written so often when they changed; a power cut costs at most these. Default 5 min: cards wear out.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan KeepEvery { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Days that changed go up so often. Default 6 h.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan SendEvery { get; set; } = TimeSpan.FromHours(6);
}

[OptionsValidator]
public sealed partial class UsageOptionsValidator : IValidateOptions<UsageOptions>;

/// <summary>Counters of use: totals for each day, sent with what people give.</summary>
public static class UsageFeature
{
    /// <param name="path">Where the counts lie.</param>
    /// <param name="today">The box's day; null: it has no time to go by.</param>
    public static IServiceCollection AddUsage(this IServiceCollection services, string path, Func<IServiceProvider, Func<DateOnly?>> today)
    {
        services.AddOptionsWithValidateOnStart<UsageOptions, UsageOptionsValidator>().BindConfiguration("Usage");
        services.AddSingleton(provider => new UsageBook(path, today(provider)));
        services.AddSingleton<UsageCounting>();
        services.AddHostedService<UsageLoop>();
        return services;
    }
}

/// <summary>Writes the counts down and gives them to the outbox. Only trouble of its own is lost with it: people's work goes another way.</summary>
internal sealed class UsageLoop(UsageBook book, FeedbackDesk desk, IOptions<UsageOptions> options, TimeProvider time, ILogger<UsageLoop> log) : BackgroundService
{
    /// <summary>A box is no seat: this stands where items name a class.</summary>
    private static readonly Seat Box = new("box", 0, SeatRole.Room);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        long? sent = null;
        while (!stoppingToken.IsCancellationRequested)
        {
            await KeepAsync(stoppingToken);
            await Task.Delay(options.Value.KeepEvery, time, stoppingToken);
            if (sent is not { } at || time.GetElapsedTime(at) >= options.Value.SendEvery)
            {
                await SendAsync(stoppingToken);
                sent = time.GetTimestamp();
            }
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await KeepAsync(CancellationToken.None);
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        foreach (UsageDay day in book.Owed())
        {
            Given given = await desk.GiveAsync(new FeedbackDraft(FeedbackKind.Usage, null, null, Box, null, day.ToText(), null), cancellationToken);
            if (given.Outcome == GiveOutcome.Saved)
                book.Took(day);
        }
    }

    private async Task KeepAsync(CancellationToken cancellationToken)
    {
        try
        {
            await book.KeepAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.UsageNotKept(e);
        }
    }
}

internal static partial class Log
{
    [LoggerMessage(2801, LogLevel.Warning, "The counts of use could not be written; they are kept in memory and tried again")]
    public static partial void UsageNotKept(this ILogger log, Exception e);
}
