using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;

namespace Relay.Identity;

/// <summary>Keys, certificates and staff access.</summary>
public static class IdentityFeature
{
    /// <param name="services">Where to add it.</param>
    /// <param name="keys">The relay's keys, opened already: listeners need them before the services exist.</param>
    /// <param name="sessionFolder">Where the keys of staff cookies are kept, so that a restart signs nobody out.</param>
    public static IServiceCollection AddIdentity(this IServiceCollection services, RelayKeys keys, string sessionFolder)
    {
        services.AddSingleton(keys);
        services.AddSingleton(keys.Authority);
        services.AddSingleton<IListSigner>(keys);
        services.AddSingleton<BoxCertificates>();
        services.AddOptionsWithValidateOnStart<SignInOptions, SignInOptionsValidator>().BindConfiguration("SignIn");
        services.AddSingleton<SignInLimit>();
        services.AddDataProtection().SetApplicationName("relay");
        services.AddSingleton(provider => new SessionKeyFiles(sessionFolder, provider.GetRequiredService<ILogger<SessionKeyFiles>>()));
        services.AddOptions<KeyManagementOptions>().Configure<SessionKeyFiles>((options, files) => options.XmlRepository = files);
        return services.AddStaffAccess();
    }
}
