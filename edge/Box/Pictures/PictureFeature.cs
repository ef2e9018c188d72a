namespace Edge.Box.Pictures;

/// <summary>Still pictures of lessons.</summary>
public static class PictureFeature
{
    public static IServiceCollection AddPictures(this IServiceCollection services, Func<IServiceProvider, PicturePorts> ports)
    {
        services.AddOptionsWithValidateOnStart<PictureOptions, PictureOptionsValidator>().BindConfiguration("Picture");
        services.AddSingleton(ports);
        services.AddSingleton(services => new PictureStore(services.GetRequiredService<PicturePorts>().Folder));
        services.AddHostedService<PictureLoop>();
        return services;
    }

    public static void MapPictures(this IEndpointRouteBuilder routes) => routes.MapMethods("/live/{lesson}/pictures/{minute:int}.jpg", [HttpMethods.Get, HttpMethods.Head], (string lesson, int minute, HttpContext context, PictureStore store) =>
    {
        if (store.PathOf(lesson, minute) is not { } path)
            return Results.NotFound();
        context.Response.Headers.CacheControl = "public, max-age=86400";
        return Results.File(path, "image/jpeg");
    });
}
