using Microsoft.Extensions.Options;
using WatchPhoto.Indexer.Requests;

namespace WatchPhoto.Indexer.Api;

/// <summary>
/// Refuses what a page of another site has a browser ask for. Nobody is asked who they are here, so that the browser's word for
/// where a request comes from is all that tells a page from a person. Programs say no such word, and pass.
/// <para>ASP.NET Core 11 does this by itself: with it this file goes.</para>
/// </summary>
internal sealed class OtherSites(OtherSitesOptions options)
{
    public IReadOnlySet<string> Allowed { get; } = Origins(options.Origins);

    public Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        string origin = context.Request.Headers.Origin.ToString();
        if (!IsForeign(context.Request, origin) || Allowed.Contains(origin))
            return next(context);
        throw new RefusedRequestException(
            StatusCodes.Status403Forbidden,
            $"A page of another site ({(origin.Length > 0 ? ProblemWriter.Shown(origin) : "it is not said which")}) asks for this: name its origin in the setting Cors__Origins if it may.");
    }

    private static bool IsForeign(HttpRequest request, string origin)
    {
        bool changes = !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method)
            && !HttpMethods.IsOptions(request.Method) && !HttpMethods.IsTrace(request.Method);
        string site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site.Length > 0)
        {
            return changes
                ? site is not ("same-origin" or "none")
                // A link on another site's page leads here; what it shows, that page cannot read.
                : site == "cross-site" && request.Path.StartsWithSegments("/api") && request.Headers["Sec-Fetch-Mode"] != "navigate";
        }

        // From here on a browser of old, or one that has come by HTTP from another machine.
        return origin == "null" || (changes && origin.Length > 0 && !IsOf(request.Host, origin));
    }

    // Not the scheme: it is another one where something in front of this service takes HTTPS.
    private static bool IsOf(HostString host, string origin) =>
        origin.Split("://") is [_, var authority] && authority.Equals(host.Value, StringComparison.OrdinalIgnoreCase);

    private static HashSet<string> Origins(string setting)
    {
        var origins = setting.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(origin => origin.TrimEnd('/')).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return origins.FirstOrDefault(origin => !IsOrigin(origin)) is { } wrong
            ? throw new OptionsValidationException(
                "Cors", typeof(OtherSites), [$"Cors:Origins names '{wrong}', but must have origins such as https://photos.example:8443, parted by ';'."])
            : origins;
    }

    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Host.Length > 0
        && url.GetLeftPart(UriPartial.Authority).Equals(text, StringComparison.OrdinalIgnoreCase);
}
