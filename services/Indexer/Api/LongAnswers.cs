namespace WatchPhoto.Indexer.Api;

internal static class LongAnswers
{
    /// <summary>A service that stops would wait for whoever still reads, and has no time left then for what else must end.</summary>
    public static IDisposable AbortWhenStopping(this HttpContext httpContext) =>
        httpContext.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(httpContext.Abort);
}
