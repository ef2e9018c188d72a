using Relay.Identity;

namespace Relay.Content;

/// <summary>Packs: store, registry, signed lists.</summary>
public static class ContentFeature
{
    /// <param name="services">Where to add it.</param>
    /// <param name="folder">Where objects lie.</param>
    /// <param name="sources">Schools and lessons, which other features know.</param>
    public static IServiceCollection AddContent(this IServiceCollection services, string folder, Func<IServiceProvider, PlanSources> sources)
    {
        services.AddOptionsWithValidateOnStart<ListOptions, ListOptionsValidator>().BindConfiguration("List");
        services.AddSingleton(_ => new ContentStore(folder));
        services.AddSingleton(sources);
        services.AddSingleton<PackRegistry>();
        services.AddSingleton<PackIntake>();
        services.AddSingleton<AuditLog>();
        services.AddSingleton<ProposalStore>();
        services.AddSingleton<ProposalDesk>();
        services.AddSingleton<PackDesk>();
        services.AddSingleton<ErrataDesk>();
        services.AddSingleton<ListPublisher>();
        services.AddOptionsWithValidateOnStart<ContentOptions, ContentOptionsValidator>().BindConfiguration("Content");
        services.AddSingleton<UpdateTable>();
        services.AddSingleton<UpdateLoop>();
        services.AddHostedService(provider => provider.GetRequiredService<UpdateLoop>());
        return services;
    }
}
