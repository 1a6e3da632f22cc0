using Microsoft.Extensions.Hosting;
using WatchPhoto.Bus;
using WatchPhoto.Watcher;

return await Service.RunAsync(() =>
{
    var builder = Host.CreateApplicationBuilder(args);
    builder.AddWatcher();
    builder.AddBus(bus => bus.AddWatcherConsumers());
    return builder.Build();
});
