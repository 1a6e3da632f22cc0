using Microsoft.Extensions.Options;
using WatchPhoto.Hosting;

namespace WatchPhoto.Indexer.Api;

internal static class SiteChecks
{
    /// <exception cref="OptionsValidationException">The setting names something that is no origin.</exception>
    public static void AddSiteChecks(this IHostApplicationBuilder builder)
    {
        HostCheck.Replace(builder.Services);
        builder.Services.AddSingleton<HostCheck>();
        builder.Services.AddSingleton(new OtherSites(builder.Configuration.ReadChecked<OtherSitesOptions>("Cors")));
        builder.Services.AddCors();
    }

    public static void UseSiteChecks(this WebApplication app)
    {
        app.Use(app.Services.GetRequiredService<HostCheck>().CheckAsync);
        var sites = app.Services.GetRequiredService<OtherSites>();
        app.Use(sites.CheckAsync);
        if (sites.Allowed.Count > 0)
            app.UseCors(cors => cors.WithOrigins([.. sites.Allowed]).AllowAnyMethod().AllowAnyHeader());
    }
}
