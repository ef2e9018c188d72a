namespace Edge.Box.Identity;

/// <summary>Who this box is, and its way to the relay.</summary>
public static class IdentityFeature
{
    /// <param name="services">Where to add it.</param>
    /// <param name="identity">Who this box is.</param>
    /// <param name="bulk">How packs are fetched.</param>
    public static IServiceCollection AddIdentity(this IServiceCollection services, BoxIdentity identity, Func<IServiceProvider, BulkShape> bulk)
    {
        services.AddOptionsWithValidateOnStart<IdentityOptions, IdentityOptionsValidator>().BindConfiguration("Identity");
        services.AddSingleton(identity);
        services.AddSingleton<RelayTrust>();
        services.AddSingleton(bulk);
        services.AddSingleton<RelayDial>();
        services.AddSingleton<RelayHttp>();
        services.AddHostedService<EnrolmentLoop>();
        return services;
    }
}
