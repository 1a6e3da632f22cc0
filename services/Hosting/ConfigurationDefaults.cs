using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Hosting;

namespace WatchPhoto.Hosting;

/// <summary>What a setting is where nothing else says it: below every file, variable and argument.</summary>
public static class ConfigurationDefaults
{
    public static void AddDefaults(this IHostApplicationBuilder builder, params IEnumerable<KeyValuePair<string, string?>> settings)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = settings });
    }
}
