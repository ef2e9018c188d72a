using Microsoft.AspNetCore.DataProtection;

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
        services.AddDataProtection().SetApplicationName("relay").PersistKeysToFileSystem(new DirectoryInfo(sessionFolder));
        return services.AddStaffAccess();
    }
}
