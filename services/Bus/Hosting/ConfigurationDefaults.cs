using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Hosting;

namespace WatchPhoto.Bus;

/// <summary>What a setting is where nothing else says it: below every file, variable and argument.</summary>
public static class ConfigurationDefaults
{
    /// <summary>
    /// What is logged is left out, and how much of it said, where who reads it has paused: else whoever logs would wait for that.
    /// </summary>
    public static void LogWithoutWaiting(this IHostApplicationBuilder builder) => builder.AddDefaults(
        new KeyValuePair<string, string?>("Logging:Console:QueueFullMode", "DropWrite"));

    public static void AddDefaults(this IHostApplicationBuilder builder, params IEnumerable<KeyValuePair<string, string?>> settings)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = settings });
    }
}
