using Microsoft.Extensions.Hosting;
using WatchPhoto.Bus;
using WatchPhoto.Hosting;
using WatchPhoto.Watcher;

return await Service.RunAsync(() =>
{
    var builder = Host.CreateApplicationBuilder(Service.Arguments(args));
    builder.AddSecretFiles();
    builder.AddServiceLogging();
    // First, so that it stops last: nobody publishes on a bus that is gone.
    builder.AddBus(bus => bus.AddWatcherConsumers());
    builder.AddWatcher();
    return builder.Build();
});
