using Microsoft.Extensions.Hosting;
using WatchPhoto.Bus;
using WatchPhoto.Watcher;

var builder = Host.CreateApplicationBuilder(args);
builder.AddWatcher();
builder.AddBus(bus => bus.AddWatcherConsumers());
await builder.Build().RunAsync();
