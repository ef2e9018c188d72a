namespace Edge.Box.Feedback;

/// <summary>What people give and what comes back to them.</summary>
public static class FeedbackFeature
{
    /// <param name="services">Where to add it.</param>
    /// <param name="file">The feedback file, opened already: a box that cannot keep answers must not start as if it could.</param>
    /// <param name="ports">What it asks of the rest of the box.</param>
    public static IServiceCollection AddFeedback(this IServiceCollection services, FeedbackDatabase file, Func<IServiceProvider, FeedbackPorts> ports)
    {
        services.AddOptionsWithValidateOnStart<FeedbackOptions, FeedbackOptionsValidator>().BindConfiguration("Feedback");
        services.AddSingleton(file);
        services.AddSingleton(ports);
        services.AddSingleton<SqliteOutbox>();
        services.AddSingleton<DownInbox>();
        services.AddSingleton<ItemClock>();
        services.AddSingleton<ClassPulse>();
        services.AddSingleton<FeedbackDesk>();
        services.AddSingleton<LessonQuestions>();
        return services;
    }

    /// <summary>Photos and sounds that go with questions.</summary>
    public static IServiceCollection AddAttachments(this IServiceCollection services, Func<IServiceProvider, AttachmentPorts> ports)
    {
        services.AddOptionsWithValidateOnStart<AttachmentOptions, AttachmentOptionsValidator>().BindConfiguration("Attachment");
        services.AddSingleton(ports);
        services.AddSingleton<AttachmentStore>();
        services.AddSingleton<ComingStore>();
        services.AddHostedService<AttachmentSendLoop>();
        return services;
    }
}
