using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace WatchPhoto.Hosting;

/// <summary>
/// A console formatter whose text has nothing in it that a terminal would obey and no line of somebody else's making, whatever is
/// logged. JSON escapes by itself.
/// </summary>
internal sealed class PrintableFormatter(ConsoleFormatter formatter) : ConsoleFormatter(formatter.Name)
{
    /// <summary>Puts one before each formatter of text.</summary>
    public static void Wrap(IHostApplicationBuilder builder)
    {
        var formatters = builder.Services.Where(service => service.ServiceType == typeof(ConsoleFormatter) && service.ImplementationType is not null).ToList();
        foreach (var service in formatters)
        {
            builder.Services.Remove(service);
            builder.Services.AddSingleton(provider =>
            {
                var inner = (ConsoleFormatter)ActivatorUtilities.CreateInstance(provider, service.ImplementationType!);
                return inner.Name == ConsoleFormatterNames.Json ? inner : new PrintableFormatter(inner);
            });
        }
    }

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var printable = new LogEntry<string>(
            logEntry.LogLevel, logEntry.Category, logEntry.EventId, Printable.Text(logEntry.Formatter(logEntry.State, logEntry.Exception)),
            logEntry.Exception is { } exception ? new Shown(exception) : null, static (text, _) => text);
        formatter.Write(printable, scopeProvider is null ? null : new PrintableScopes(scopeProvider), textWriter);
    }

    private sealed class Shown(Exception exception) : Exception(exception.Message, exception)
    {
        public override string ToString() => Printable.Lines(InnerException!.ToString());
    }

    private sealed class PrintableScopes(IExternalScopeProvider scopes) : IExternalScopeProvider
    {
        public void ForEachScope<TState>(Action<object?, TState> callback, TState state) =>
            scopes.ForEachScope((scope, each) => callback(scope is null ? null : Printable.Text(scope.ToString() ?? ""), each), state);

        public IDisposable Push(object? state) => scopes.Push(state);
    }
}
