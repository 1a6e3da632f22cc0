using Microsoft.Extensions.Diagnostics.HealthChecks;
using WatchPhoto.Indexer.Database;
using WatchPhoto.Indexer.Registry;

namespace WatchPhoto.Indexer.Api;

internal sealed class DatabaseHealth(DatabaseConnection database, ILibraryRegistry registry) : IHealthCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await database.AskAsync(registry.ReadAsync, cancellationToken).WaitAsync(Patience, cancellationToken);
            return HealthCheckResult.Healthy("answers");
        }
        catch (Exception exception) when (DatabaseConnection.IsAway(exception))
        {
            return HealthCheckResult.Unhealthy("does not answer");
        }
    }
}
