using Microsoft.Extensions.Hosting;

namespace WatchPhoto.Hosting;

/// <summary>How every service logs.</summary>
public static class ServiceLogging
{
    /// <summary>The console gets text that nobody else has made lines of, and no stack of what <see cref="Service"/> says itself.</summary>
    public static void AddServiceLogging(this IHostApplicationBuilder builder)
    {
        builder.AddDefaults(
            // Where who reads it has paused, what is logged is left out, and how much of it said: else whoever logs would wait for that.
            new("Logging:Console:QueueFullMode", "DropWrite"),
            // What keeps the host from starting is said by us, without a stack.
            new("Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host", "Critical"));
        PrintableFormatter.Wrap(builder);
    }
}
