using Edge.Core.Identity;
using Edge.Durable;
using Microsoft.Extensions.Options;

namespace Relay.Feedback;

/// <summary>What came up from the schools and what staff reply.</summary>
public static class FeedbackFeature
{
    /// <param name="services">Where to add it.</param>
    /// <param name="queueDown">The queue down to a box.</param>
    /// <param name="wake">Says that something waits for a box.</param>
    public static IServiceCollection AddFeedback(this IServiceCollection services, Func<IServiceProvider, QueueDown> queueDown, Func<IServiceProvider, Action<BoxId>> wake)
    {
        services.AddOptionsWithValidateOnStart<ExportOptions, ExportOptionsValidator>().BindConfiguration("Export");
        services.AddSingleton(provider => new FeedbackExport(provider.GetRequiredService<FeedbackStore>(), provider.GetRequiredService<IOptions<ExportOptions>>().Value.HomePage));
        services.AddSingleton(provider => new UsageStore(provider.GetRequiredService<DurableDatabase>()));
        services.AddSingleton(provider => new FeedbackAges(provider.GetRequiredService<DurableDatabase>(), provider.GetRequiredService<TimeProvider>()));
        return services.AddSingleton(provider => new FeedbackStore(
            provider.GetRequiredService<DurableDatabase>(), provider.GetRequiredService<TimeProvider>(), queueDown(provider), wake(provider)));
    }

    /// <summary>Photos and sounds that go with questions.</summary>
    /// <param name="services">Where to add it.</param>
    /// <param name="folder">Where they lie.</param>
    public static IServiceCollection AddAttachments(this IServiceCollection services, string folder)
    {
        services.AddOptionsWithValidateOnStart<AttachmentOptions, AttachmentOptionsValidator>().BindConfiguration("Attachment");
        return services.AddSingleton(provider => new AttachmentStore(
            provider.GetRequiredService<DurableDatabase>(), folder, provider.GetRequiredService<IOptions<AttachmentOptions>>(), provider.GetRequiredService<TimeProvider>()));
    }
}
