using WatchPhoto.Bus;
using WatchPhoto.Hosting;
using WatchPhoto.Indexer;
using WatchPhoto.Indexer.Api;

return await Service.RunAsync(() =>
{
    var builder = WebApplication.CreateSlimBuilder(Service.Arguments(args));
    builder.AddSecretFiles();
    builder.AddServiceLogging();
    // First, so that it stops last: nobody publishes on a bus that is gone.
    builder.AddBus(bus => bus.AddIndexerConsumers());
    builder.AddIndexer();
    var app = builder.Build();
    app.MapIndexerApi();
    return app;
});
