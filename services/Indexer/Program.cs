using WatchPhoto.Bus;
using WatchPhoto.Indexer;
using WatchPhoto.Indexer.Api;

return await Service.RunAsync(() =>
{
    var builder = WebApplication.CreateSlimBuilder(args);
    builder.AddIndexer();
    builder.AddBus(bus => bus.AddIndexerConsumers());
    var app = builder.Build();
    app.MapIndexerApi();
    return app;
});
