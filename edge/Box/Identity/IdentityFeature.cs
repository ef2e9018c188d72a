namespace Edge.Box.Identity;

/// <summary>Who this box is, and its way to the relay.</summary>
public static class IdentityFeature
{
    public static IServiceCollection AddIdentity(this IServiceCollection services, BoxIdentity identity)
    {
        services.AddOptionsWithValidateOnStart<IdentityOptions, IdentityOptionsValidator>().BindConfiguration("Identity");
        services.AddSingleton(identity);
        services.AddSingleton<RelayTrust>();
        services.AddSingleton<RelayHttp>();
        services.AddHostedService<EnrolmentLoop>();
        return services;
    }
}
