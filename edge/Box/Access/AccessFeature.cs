namespace Edge.Box.Access;

/// <summary>Who is in which class.</summary>
public static class AccessFeature
{
    public static IServiceCollection AddAccess(this IServiceCollection services, Func<IServiceProvider, AccessPorts> ports)
    {
        services.AddOptionsWithValidateOnStart<AccessOptions, AccessOptionsValidator>().BindConfiguration("Access");
        services.AddSingleton(ports);
        services.AddSingleton<ClassAccess>();
        services.AddSingleton<RosterBook>();
        services.AddSingleton<TeacherDoor>();
        return services;
    }
}
