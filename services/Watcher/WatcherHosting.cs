using System.Diagnostics.Metrics;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using WatchPhoto.Hosting;
using WatchPhoto.Watcher.Libraries;
using WatchPhoto.Watcher.Previewing;
using WatchPhoto.Watcher.Publishing;
using WatchPhoto.Watcher.State;
using WatchPhoto.Watcher.Tracking;

namespace WatchPhoto.Watcher;

public static class WatcherHosting
{
    /// <summary>Watches this host's libraries and publishes what changes; see <see cref="WatcherOptions"/>.</summary>
    public static void AddWatcher(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddCheckedOptions<WatcherOptions>(WatcherOptions.Section);
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new StateDirectory(
            provider.GetRequiredService<IOptions<WatcherOptions>>().Value, provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<StateDirectory>>()));
        services.AddSingleton(provider => provider.GetRequiredService<StateDirectory>().Open());
        services.AddSingleton<WatcherEnd>();
        services.AddSingleton<OutboxSignal>();
        services.AddSingleton(provider => new WatcherStatus(
            provider.GetRequiredService<StateDatabase>(), provider.GetRequiredService<IOptions<WatcherOptions>>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<Rivals>();
        services.AddMetrics();
        services.AddSingleton(provider => new WatcherMetrics(provider.GetRequiredService<IMeterFactory>()));
        services.AddSingleton<TrackerService>();
        services.AddHostedService(provider => provider.GetRequiredService<TrackerService>());
        services.AddHostedService<OutboxPublisher>();
        services.AddSingleton<CatalogPartRequester>();
        services.AddHostedService(provider => provider.GetRequiredService<CatalogPartRequester>());
        services.AddSingleton(provider => new LibraryPreviewer(
            provider.GetRequiredService<TrackerService>().Disk, new WatchedRoots(provider.GetRequiredService<IOptions<WatcherOptions>>().Value), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<Prover>();
        services.AddHostedService(provider => provider.GetRequiredService<Prover>());
        services.AddHostedService<Reporter>();
    }

    /// <summary>What a watcher reads from the bus.</summary>
    public static void AddWatcherConsumers(this IBusRegistrationConfigurator bus)
    {
        bus.AddConsumer<LibrariesAnnouncedConsumer, LibrariesAnnouncedConsumerDefinition>();
        bus.AddConsumer<LibraryActionRequestedConsumer, LibraryActionRequestedConsumerDefinition>();
        bus.AddConsumer<CatalogPartConsumer, CatalogPartConsumerDefinition>();
        bus.AddConsumer<LibraryPreviewRequestedConsumer, LibraryPreviewRequestedConsumerDefinition>();
    }
}
