using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using WatchPhoto.Hosting;
using WatchPhoto.Testing;

namespace WatchPhoto.Indexer.Tests.Bus;

public sealed class ServiceTests : IDisposable
{
    private readonly int _exitCode = Environment.ExitCode;

    public void Dispose() => Environment.ExitCode = _exitCode;

    [Fact]
    public async Task What_fails_in_the_background_has_the_process_say_so_with_its_exit_code()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddHostedService<Failing>();
        using var host = builder.Build();

        await Service.StartAsync(host, TestContext.Current.CancellationToken);
        var stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        await Wait.UntilAsync(() => stopping.IsCancellationRequested);
        await host.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal(1, Environment.ExitCode);
    }

    private sealed class Failing : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Yield();
            throw new InvalidOperationException("It does not work.");
        }
    }
}
