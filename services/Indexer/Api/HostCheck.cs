using System.Net;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.Extensions.Primitives;
using WatchPhoto.Indexer.Requests;

namespace WatchPhoto.Indexer.Api;

/// <summary>
/// Refuses requests to a name that is not this service's: a page of another site's can have its own name lead here, and a browser
/// then shows that page the answers. The names are the setting <c>AllowedHosts</c>; without it those of this machine, where only
/// this machine is answered, else any.
/// </summary>
internal sealed class HostCheck(IConfiguration configuration)
{
    private readonly List<StringSegment> _names = [.. Names(configuration).Distinct()];

    public Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        var host = context.Request.Host;
        // None is sent by programs with HTTP 1.0, never by a browser.
        if (!host.HasValue || HostString.MatchesAny(host.Host, _names))
            return next(context);
        throw new RefusedRequestException(
            StatusCodes.Status400BadRequest,
            $"This is not '{ProblemWriter.Shown(host.Host)}': ask for {string.Join(" or ", _names)}, or add the name to the setting AllowedHosts, which an indexer has and run.sh has not.");
    }

    /// <summary>The framework's own check answers with a page instead of a problem.</summary>
    public static void Replace(IServiceCollection services) =>
        services.Configure<HostFilteringOptions>(filtering => filtering.AllowedHosts = ["*"]);

    private static IEnumerable<StringSegment> Names(IConfiguration configuration)
    {
        if (Parts(configuration["AllowedHosts"]) is { Length: > 0 } said)
            return said.Select(name => new StringSegment(name));
        var addresses = Parts(configuration["Urls"])
            .Concat(configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"] ?? ""))
            .Where(url => url.Length > 0).Select(BindingAddress.Parse).ToList();
        return addresses.All(IsLoopback)
            ? ["localhost", "127.0.0.1", "[::1]", .. addresses.Where(address => !address.IsUnixPipe).Select(address => new StringSegment(address.Host))]
            : ["*"];
    }

    private static string[] Parts(string? text) =>
        text?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private static bool IsLoopback(BindingAddress address) =>
        address.IsUnixPipe || address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(address.Host, out var ip) && IPAddress.IsLoopback(ip));
}
