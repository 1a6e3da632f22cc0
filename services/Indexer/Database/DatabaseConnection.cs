using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using MongoDB.Driver;
using WatchPhoto.Hosting;
using WatchPhoto.Indexer.Catalog;

namespace WatchPhoto.Indexer.Database;

/// <summary>
/// Everything that runs by itself asks the database through here: not before it is prepared, and so that its absence is
/// said once, and once that it is over, however many ask meanwhile.
/// </summary>
internal sealed partial class DatabaseConnection(
    ICatalogSetup setup, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<DatabaseConnection> logger) : BackgroundService
{
    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(10);

    private readonly TaskCompletionSource _prepared = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Outage _outage = new();

    public bool IsPrepared => _prepared.Task.IsCompletedSuccessfully;

    /// <summary>Whether this is the database being out of reach or in trouble, which passes, and not the question being wrong.</summary>
    public static bool IsAway(Exception exception) =>
        exception is MongoException or SqliteException or TimeoutException or IOException or SocketException or UnauthorizedAccessException;

    public async Task AskAsync(Func<CancellationToken, Task> question, CancellationToken cancellationToken) =>
        await AskAsync(async token => { await question(token); return true; }, cancellationToken);

    public async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> question, CancellationToken cancellationToken)
    {
        await _prepared.Task.WaitAsync(cancellationToken);
        return await ObserveAsync(question, cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var interval = TimeSpan.FromMilliseconds(200); ; interval = interval * 2 < LongestInterval ? interval * 2 : LongestInterval)
        {
            try
            {
                await ObserveAsync(async token => { await setup.PrepareAsync(token); return true; }, stoppingToken);
                _prepared.SetResult();
                return;
            }
            catch (Exception exception) when (IsAway(exception))
            {
                await Task.Delay(interval, time, stoppingToken);
            }
            catch (NotSupportedException exception)
            {
                LogUnusable(exception.Message);
                lifetime.End();
                return;
            }
        }
    }

    private async Task<T> ObserveAsync<T>(Func<CancellationToken, Task<T>> question, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await question(cancellationToken);
            if (_outage.TryEnd())
                LogBack();
            return answer;
        }
        catch (Exception exception) when (IsAway(exception))
        {
            if (_outage.TryBegin(exception))
                LogAway(exception is IOperatorError ? exception.Message : FirstSentence(Outage.ReasonOf(exception)));
            throw;
        }
    }

    // A driver's message may go on for pages.
    private static string FirstSentence(string message) => message.Split([". ", "\n"], 2, StringSplitOptions.None)[0];

    [LoggerMessage(LogLevel.Warning, "The catalog's database does not answer ({Reason}); waiting for it")]
    private partial void LogAway(string reason);

    [LoggerMessage(LogLevel.Critical, "{Reason} Stopping.")]
    private partial void LogUnusable(string reason);

    [LoggerMessage(LogLevel.Information, "The catalog's database answers again")]
    private partial void LogBack();
}
